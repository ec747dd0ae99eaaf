//! Any text is a chapter or a list of problems; what is parsed lies where it says, in order, and the program keeps its lines.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| weave::chapter::must_hold(text));
