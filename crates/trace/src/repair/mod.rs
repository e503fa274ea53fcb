//! What is wrong with a trace as it was sent, and what is made of it; works on plain columns, never recursive.
