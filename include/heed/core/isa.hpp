#pragma once

/// @file
/// The name of the instruction set that this source is compiled for: `HEED_ISA`.
///
/// All of heed sits in `heed::<instruction set>`, an inline namespace, so that objects built with different `-march`
/// link into one program without breaking the one-definition rule: users write `heed::Dense`, the linker sees
/// `heed::avx512::Dense`.

#if defined(__AVX512F__)
#define HEED_ISA avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define HEED_ISA avx2
#elif defined(__AVX__)
#define HEED_ISA avx
#elif defined(__SSE4_1__)
#define HEED_ISA sse4
#elif defined(__SSE2__)
#define HEED_ISA sse2
#elif defined(__ARM_NEON)
#define HEED_ISA neon
#else
#define HEED_ISA generic
#endif
