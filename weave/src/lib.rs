//! Turns chapters into notebooks, test programs and pages.
