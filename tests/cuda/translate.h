#pragma once
#include <string>
#include <vector>

// `text`: a `.cu` file after the preprocessor, in which CUDA's own keywords are no macros.
// Kernels are registered in lines of this file: a compiler's messages about them say nothing to a user.
constexpr char REGISTRATION[] = "registration-of-kernels";
std::string translate(const std::string& text);
