// Access violations, in words.
#pragma once
#include <string>

// Takes over SIGSEGV and SIGBUS: names the kernel and the memory, and ends the process.
void catch_faults();

// fibres.cpp: the kernel, block and thread that run on this thread of the host; empty if none does.
std::string running_kernel();
bool is_fibre_stack(const void* address);
