#pragma once

// For the sources of the compiled library, which CMake generates: turns a header's HEED_COMPILED_... lines into
// definitions. HEED_SCALAR is float or double.

#define HEED_INSTANTIATE_TYPE(...) template __VA_ARGS__<HEED_SCALAR>;
#define HEED_INSTANTIATE_TYPE_OF(outer, inner) template outer<inner<HEED_SCALAR>>;
#define HEED_INSTANTIATE_FUNCTION(...) template decltype(__VA_ARGS__<HEED_SCALAR>) __VA_ARGS__<HEED_SCALAR>;
#define HEED_INSTANTIATE_ONE(...) template __VA_ARGS__;
