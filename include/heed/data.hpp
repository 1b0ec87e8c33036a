#pragma once

/// @file
/// Readers and writers of data.

#include "heed/data/arff.hpp"
#include "heed/data/conll.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/graph_text.hpp"
#include "heed/data/labelled.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"
#include "heed/data/moved_images.hpp"
#include "heed/data/next_tokens.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/npy_header.hpp"
#include "heed/data/npz.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/series_windows.hpp"
#include "heed/data/standardize.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_table.hpp"
#include "heed/data/ts.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/data/word_features.hpp"
#include "heed/data/words.hpp"
#include "heed/files/file.hpp"
