// Makes C++ of a preprocessed `.cu` file: finds the kernels, and gives dynamic shared memory its address.
#include "translate.h"

#include <cctype>
#include <regex>

namespace {

struct Found {
  std::string name, max_threads;
};

bool is_word(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Reads tokens of C++ from text without comments.
struct Reader {
  const std::string& text;
  size_t at = 0;

  std::string next() {
    while (at < text.size() && (isspace(static_cast<unsigned char>(text[at])) || at_marker())) skip_one();
    size_t start = at;
    if (at == text.size()) return "";
    if (text[at] == '"' || text[at] == '\'') {
      char quote = text[at++];
      while (at < text.size() && text[at] != quote) at += text[at] == '\\' ? 2 : 1;
      at++;
    } else if (is_word(text[at])) {
      while (at < text.size() && (is_word(text[at]) || (text[at] == '\'' && is_word(text[at + 1])))) at++;
    } else {
      at++;
    }
    return text.substr(start, at - start);
  }

  // What stands between here, after a "(", and the ")" that closes it.
  std::string parenthesis() {
    size_t start = at, depth = 1;
    while (depth > 0) {
      std::string token = next();
      if (token.empty()) break;
      depth += token == "(";
      depth -= token == ")";
    }
    return text.substr(start, at - start - 1);
  }

 private:
  // `# 12 "name.cu"` and `#pragma`.
  bool at_marker() const { return text[at] == '#' && (at == 0 || text[at - 1] == '\n'); }
  void skip_one() {
    if (at_marker()) at = std::min(text.find('\n', at), text.size());
    else at++;
  }
};

// Up to the comma that no parenthesis encloses.
std::string first_argument(const std::string& list) {
  size_t depth = 0, i = 0;
  for (; i < list.size() && (depth > 0 || list[i] != ','); i++) depth += (list[i] == '(') - (list[i] == ')');
  return list.substr(0, i);
}

std::vector<Found> find_kernels(const std::string& text) {
  std::vector<Found> kernels;
  Reader reader{text};
  bool in_template = false;
  for (std::string token; !(token = reader.next()).empty();) {
    if (token == "template") in_template = true;
    if (token == ";" || token == "{" || token == "}") in_template = false;
    if (token != "__global__") continue;
    Found found{"", "0"};
    while (!(token = reader.next()).empty()) {
      if (token == "__launch_bounds__") {
        reader.next();
        found.max_threads = first_argument(reader.parenthesis());
      } else if (token == "(") {
        break;
      } else {
        found.name = token;
      }
    }
    reader.parenthesis();
    // Bounds may stand behind the parameters too; a declaration ends with ";".
    while (!(token = reader.next()).empty() && token != "{" && token != ";") {
    }
    if (token == "{" && !in_template) kernels.push_back(found);
    in_template = false;
  }
  return kernels;
}

}  // namespace

std::string translate(const std::string& text) {
  std::string kernels;
  for (const Found& k : find_kernels(text))
    kernels += "emulator::Entry<" + k.name + ">::describe(\"" + k.name + "\", " + k.max_threads + "), ";

  static const std::regex dynamic_shared(
      R"(extern\s+__shared__\s+((?:__align__|alignas)\s*\([^)]*\)\s*)?([\w\s:<>,]+?)(\w+)\s*\[\s*\]\s*;)");
  // Everything within one nameless namespace: statics of templates too are then no common symbols, and may lie in a
  // section of their own.
  return "# 1 \"" + std::string(REGISTRATION) + "\"\nnamespace {\n" +
         std::regex_replace(text, dynamic_shared, "$2* $3 = reinterpret_cast<$2*>(emulator::dynamic_shared);") +
         "\n# 1 \"" + REGISTRATION + "\"\n}\n" +
         "static constexpr emulator::Kernel castiron_kernels[] = {" + kernels + "{}};\n" +
         R"(extern "C" __attribute__((visibility("default"))) const emulator::Module castiron_module = {
  EMULATOR_BUILD, castiron_kernels, sizeof castiron_kernels / sizeof *castiron_kernels - 1,
  &threadIdx, &blockIdx, &blockDim, &gridDim, &emulator::dynamic_shared, &emulator::runtime,
  __start_shared_memory, __stop_shared_memory};
)";
}
