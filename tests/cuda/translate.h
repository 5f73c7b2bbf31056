#pragma once
#include <string>
#include <vector>

// `text`: a `.cu` file after the preprocessor, in which CUDA's own keywords are no macros.
std::string translate(const std::string& text);
