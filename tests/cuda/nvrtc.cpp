// NVRTC for tests: compiles with g++ and gives the shared object as PTX, see image.h.
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "image.h"
#include "translate.h"

#define API extern "C" __attribute__((visibility("default"))) int

extern char** environ;

namespace {

enum Result {
  SUCCESS = 0,
  OUT_OF_MEMORY = 1,
  INVALID_INPUT = 3,
  INVALID_PROGRAM = 4,
  INVALID_OPTION = 5,
  COMPILATION = 6,
};

struct Program {
  std::string name, source, log, object, image;
  std::vector<std::pair<std::string, std::string>> headers;
  bool has_object = false;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Runs a command; gives what it said. True: it succeeded.
bool execute(const std::vector<std::string>& command, const std::filesystem::path& folder, std::string* said) {
  const std::string output = folder / "log";
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child;
  int status = -1;
  int error = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (error) return *said += command[0] + ": " + strerror(error) + "\n", false;
  waitpid(child, &status, 0);
  *said += read_file(output);
  return status == 0;
}

std::string compiler() {
  const char* cxx = getenv("CXX");
  return cxx && *cxx ? cxx : "g++";
}

// Where the headers lie: beside this library.
std::filesystem::path headers_folder() {
  Dl_info info;
  dladdr(reinterpret_cast<void*>(headers_folder), &info);
  return std::filesystem::path(info.dli_fname).parent_path() / "emulator";
}

bool starts_with(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

// NVRTC's options: those of the preprocessor are kept, those that only a GPU's code knows are left out.
struct Options {
  std::vector<std::string> preprocessor;
  std::string architecture = "75", unknown;
  bool fused = true;

  void read(std::vector<std::string> given) {
    for (size_t i = 0; i < given.size(); i++) {
      std::string option = given[i], value;
      if (size_t equals = option.find('='); starts_with(option, "-") && equals != std::string::npos) {
        value = option.substr(equals + 1);
        option = option.substr(0, equals);
      }
      static const std::regex ignored(
          "-(-std|std|-use_fast_math|use_fast_math|lineinfo|-generate-line-info|G|-device-debug|-ftz|ftz|-prec-sqrt|"
          "prec-sqrt|-prec-div|prec-div|-maxrregcount|maxrregcount|-extra-device-vectorization|-restrict|restrict|"
          "default-device|-device-as-default-execution-space|-dopt|dopt|w|-disable-warnings|-ptxas-options|Xptxas|"
          "-minimal|minimal|-dlto|dlto|-no-source-include|-relocatable-device-code|rdc|-split-compile|-no-cache)");
      if (option == "-D" || option == "-I" || option == "-U") {
        preprocessor.push_back(option + given[++i]);
      } else if (starts_with(option, "-D") || starts_with(option, "-I") || starts_with(option, "-U")) {
        preprocessor.push_back(given[i]);
      } else if (option == "--define-macro") {
        preprocessor.push_back("-D" + value);
      } else if (option == "--include-path") {
        preprocessor.push_back("-I" + value);
      } else if (option == "--gpu-architecture" || option == "-arch") {
        architecture = std::regex_replace(value, std::regex("[^0-9]"), "");
      } else if (option == "--fmad" || option == "-fmad") {
        fused = value == "true";
      } else if (!std::regex_match(option, ignored)) {
        unknown = given[i];
      }
    }
  }
};

bool compile(Program& program, const Options& options, const std::filesystem::path& folder) {
  std::ofstream(folder / "source.cu") << "# 1 \"" << program.name << "\"\n" << program.source;
  for (auto& [name, text] : program.headers) std::ofstream(folder / name) << text;

  std::vector<std::string> command = {compiler(), "-std=c++17", "-E", "-x", "c++", "-I", folder,
                                      "-DCASTIRON_EMULATED=1", "-D__CUDACC__", "-D__CUDACC_RTC__",
                                      "-D__CUDA_ARCH__=" + options.architecture + "0"};
  command.insert(command.end(), options.preprocessor.begin(), options.preprocessor.end());
  command.insert(command.end(), {folder / "source.cu", "-o", folder / "preprocessed.cu"});
  if (!execute(command, folder, &program.log)) return false;

  std::ofstream(folder / "translated.cpp") << translate(read_file(folder / "preprocessed.cu"));
  command = {compiler()};
  for (const std::string& flag : words(EMULATOR_FLAGS)) command.push_back(flag);
  if (!options.fused) command.push_back("-ffp-contract=off");
  // Sanitizers are linked by hand: what they call is in the module.
  command.insert(command.end(), {"-include", headers_folder() / "emulator.h", "-shared", "-nodefaultlibs",
                                 folder / "translated.cpp", "-lm", "-lgcc", "-lc", "-o", folder / "module.so"});
  if (!execute(command, folder, &program.log)) return false;
  program.object = read_file(folder / "module.so");
  program.image = write_image(program.object);
  return true;
}

// As NVRTC words them: name(line): error: ...
std::string as_nvrtc_says(const std::string& log) {
  static const std::regex place(R"(^([^\s:]+):(\d+):\d+: )");
  std::istringstream lines(log);
  std::string all;
  for (std::string line; std::getline(lines, line);)
    if (!starts_with(line, REGISTRATION)) all += std::regex_replace(line, place, "$1($2): ") + "\n";
  return all;
}

int give(const std::string& text, char* out) {
  memcpy(out, text.c_str(), text.size() + 1);
  return SUCCESS;
}

}  // namespace

API nvrtcVersion(int* major, int* minor) {
  // No version of NVIDIA's.
  return *major = 13, *minor = 1000 + EMULATOR_BUILD, SUCCESS;
}
API nvrtcGetNumSupportedArchs(int* count) { return *count = 4, SUCCESS; }
API nvrtcGetSupportedArchs(int* all) { return all[0] = 75, all[1] = 80, all[2] = 90, all[3] = 100, SUCCESS; }
extern "C" __attribute__((visibility("default"))) const char* nvrtcGetErrorString(int error) {
  switch (error) {
    case SUCCESS: return "NVRTC_SUCCESS";
    case INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
    case INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case COMPILATION: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR unknown";
  }
}

API nvrtcCreateProgram(Program** program, const char* source, const char* name, int count, const char* const* headers,
                       const char* const* names) {
  if (!program || !source || count < 0) return INVALID_INPUT;
  *program = new Program;
  (*program)->source = source;
  (*program)->name = name ? name : "default_program";
  for (int i = 0; i < count; i++) (*program)->headers.emplace_back(names[i], headers[i]);
  return SUCCESS;
}
API nvrtcDestroyProgram(Program** program) {
  if (!program || !*program) return INVALID_PROGRAM;
  delete *program;
  return *program = nullptr, SUCCESS;
}

API nvrtcCompileProgram(Program* program, int count, const char* const* given) {
  Options options;
  options.read(std::vector<std::string>(given, given + count));
  program->has_object = true;
  for (int i = 0; i < count; i++) program->has_object &= !strstr(given[i], "compute_");
  program->log = program->image = program->object = "";
  if (!options.unknown.empty()) {
    program->log = "nvrtc: error: invalid value for or unknown option: " + options.unknown + "\n";
    return INVALID_OPTION;
  }
  std::string folder = std::filesystem::temp_directory_path() / "castiron-nvrtc-XXXXXX";
  if (!mkdtemp(folder.data())) return OUT_OF_MEMORY;
  bool compiled = compile(*program, options, folder);
  if (!getenv("CASTIRON_EMULATED_KEEP")) std::filesystem::remove_all(folder);
  program->log = as_nvrtc_says(program->log);
  return compiled ? SUCCESS : COMPILATION;
}

// Sizes count the zero at the end, except that of an object.
API nvrtcGetPTXSize(Program* program, size_t* size) { return *size = program->image.size() + 1, SUCCESS; }
API nvrtcGetPTX(Program* program, char* out) { return give(program->image, out); }
API nvrtcGetCUBINSize(Program* program, size_t* size) {
  return *size = program->has_object ? program->object.size() : 0, SUCCESS;
}
API nvrtcGetCUBIN(Program* program, char* out) {
  memcpy(out, program->object.data(), program->object.size());
  return SUCCESS;
}
API nvrtcGetProgramLogSize(Program* program, size_t* size) { return *size = program->log.size() + 1, SUCCESS; }
API nvrtcGetProgramLog(Program* program, char* out) { return give(program->log, out); }
// Kernels have plain names: a template's instance cannot be asked for.
API nvrtcAddNameExpression(Program*, const char*) { return INVALID_INPUT; }
API nvrtcGetLoweredName(Program*, const char* name, const char** lowered) { return *lowered = name, SUCCESS; }
