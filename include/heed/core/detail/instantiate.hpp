#pragma once

// For the sources of the compiled library, which CMake makes: the lines HEED_COMPILED_... of a header as definitions.
// HEED_SCALAR is float or double.

#define HEED_INSTANTIATE_TYPE(...) template __VA_ARGS__<HEED_SCALAR>;
#define HEED_INSTANTIATE_TYPE_OF(outer, inner) template outer<inner<HEED_SCALAR>>;
#define HEED_INSTANTIATE_FUNCTION(...) template decltype(__VA_ARGS__<HEED_SCALAR>) __VA_ARGS__<HEED_SCALAR>;
#define HEED_INSTANTIATE_ONE(...) template __VA_ARGS__;
