#pragma once

/// @file
/// The version of heed: the only place where it stands. CMake reads these three lines.

#define HEED_VERSION_MAJOR 0
#define HEED_VERSION_MINOR 1
#define HEED_VERSION_PATCH 0
