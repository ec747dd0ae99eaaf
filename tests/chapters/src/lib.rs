//! Every chapter of the book as a program.
