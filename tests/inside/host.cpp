// Loads a plugin that uses heed, calls it and unloads it, again and again: the same numbers each time, nothing of it
// stays loaded, and no memory is lost.
//
//     host PLUGIN

#include <dlfcn.h>

#include <cstddef>
#include <cstdio>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

std::size_t bytes_in_use() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  return mallinfo2().uordblks;
#else
  return 0;
#endif
}

bool fails(const char* what) {
  std::printf("%s\n", what);
  return false;
}

bool run_once(const char* path, double* out) {
  void* const plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!plugin) return fails(dlerror());
  const auto run = reinterpret_cast<int (*)(double*)>(dlsym(plugin, "heed_plugin"));
  if (!run || run(out) < 0) return fails("the plugin fails");
  dlclose(plugin);
  return dlopen(path, RTLD_NOW | RTLD_NOLOAD) == nullptr || fails("the plugin stays loaded");
}

}  // namespace

int main(int count, char** arguments) {
  double first[2] = {}, again[2] = {};
  if (count != 2 || !run_once(arguments[1], first) || !run_once(arguments[1], again)) return 1;
  const std::size_t before = bytes_in_use();
  for (int i = 0; i < 20; ++i) {
    if (!run_once(arguments[1], again)) return 1;
    if (again[0] != first[0] || again[1] != first[1]) return fails("other numbers"), 1;
  }
  const std::size_t after = bytes_in_use();
  std::printf("22 loads; bytes in use before and after the last 20: %zu, %zu\n", before, after);
  return after > before ? 1 : 0;
}
