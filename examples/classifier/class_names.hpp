#pragma once

// The classes that a model is trained for.

#include <string>
#include <utility>
#include <vector>

#include "data.hpp"
#include "heed/core/error.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/text.hpp"
#include "notes.hpp"
#include "stored_model.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// The names of the classes: those of the model to start from, 0 to C-1 if --classes is given, or those in the data.
template <class M>
heed::LabelMap names_for(const TrainArguments& a, const StoredModel<M>* init, const std::vector<std::string>& labels,
                         const std::string& where) {
  if (init && !a.new_head) {
    heed::LabelMap names = class_names(init->model);
    try {
      names.encode(labels, where);
    } catch (const heed::Error& e) {
      heed::Fault fault = e.fault();
      if (fault.what != "not a label")
        fault.what += "; --new-head starts a new last layer, for the classes of this data";
      throw heed::Error(std::move(fault));
    }
    return names;
  }
  if (a.architecture.classes) return heed::LabelMap::fixed(*a.architecture.classes);
  heed::LabelMap names = heed::LabelMap::from(labels, where);
  heed::require(names.size() > 1, [&] {
    return heed::Fault{"all sequences have the same label " + heed::in_quotes(names.names.front()), where,
                       "two classes or more; for labels that are numbers from 0, --classes C"};
  });
  if (!a.quiet) note_odd_labels(labels, where);
  return names;
}

}  // namespace classifier
