#pragma once

/// @file
/// The version of heed, which is defined only here. CMake reads these three lines.

#define HEED_VERSION_MAJOR 0
#define HEED_VERSION_MINOR 1
#define HEED_VERSION_PATCH 0
