#pragma once

// For the sources of the compiled library, which CMake makes: the lines HEED_COMPILED_... of a header as definitions.

#define HEED_INSTANTIATE_TYPE(...) \
  template __VA_ARGS__<float>;     \
  template __VA_ARGS__<double>;
#define HEED_INSTANTIATE_TYPE_OF(outer, inner) \
  template outer<inner<float>>;                \
  template outer<inner<double>>;
#define HEED_INSTANTIATE_FUNCTION(...)                      \
  template decltype(__VA_ARGS__<float>) __VA_ARGS__<float>; \
  template decltype(__VA_ARGS__<double>) __VA_ARGS__<double>;
#define HEED_INSTANTIATE_ONE(...) template __VA_ARGS__;
