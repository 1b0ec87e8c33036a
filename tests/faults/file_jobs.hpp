#pragma once

/// @file
/// Jobs that read and write files: see jobs.hpp.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "contents.hpp"
#include "heed/data/load.hpp"
#include "heed/files/file.hpp"
#include "heed/io/safetensors.hpp"
#include "jobs.hpp"

namespace faults {

inline Job saving(std::string name, const std::filesystem::path& folder, bool exists) {
  const auto file = folder / "m.safetensors";
  const auto model = std::make_shared<const Model>(new_model(1));
  const std::string now = text_of(heed::serialize(*model)), old = exists ? text_of(heed::serialize(new_model(2))) : "";
  return {.name = std::move(name),
          .prepare = [=] { write_files(folder, exists ? Files{{"m.safetensors", old}} : Files{}); },
          .run = [=] { heed::save(*model, file); },
          .after_success =
              [=] {
                if (files_in(folder).at("m.safetensors") == now) return "";
                // without the self-test, for which there was no memory
                return flat(heed::load<Model>(file)) == flat(*model) ? "" : "another file";
              },
          .after_error =
              [=] {
                const Files found = files_in(folder);
                const auto here = found.find("m.safetensors");
                if (here == found.end()) return exists ? "the file is gone" : "";
                return here->second == old || here->second == now ? "" : "neither the old file nor the new one";
              },
          .files = {"m.safetensors"}};
}

inline Job loading_weights(const std::filesystem::path& folder) {
  const auto file = folder / "m.safetensors";
  const auto there = std::make_shared<const Model>(new_model(2)), here = std::make_shared<const Model>(new_model(1));
  const std::string bytes = text_of(heed::serialize(*there));
  const auto model = std::make_shared<Model>(*here);
  return {.name = "load_weights",
          .prepare =
              [=] {
                write_files(folder, {{"m.safetensors", bytes}});
                *model = *here;
              },
          .run = [=] { heed::load_weights(*model, file); },
          .after_success = [=] { return flat(*model) == flat(*there) ? "" : "other weights"; },
          .after_error = [=] { return flat(*model) == flat(*here) ? "" : "the model has changed"; },
          .files = {"m.safetensors"}};
}

inline Job loading(const std::filesystem::path& folder) {
  const auto file = folder / "m.safetensors";
  const auto there = std::make_shared<const Model>(new_model(2));
  const std::string bytes = text_of(heed::serialize(*there));
  const auto same = std::make_shared<bool>(false);
  return {.name = "load",
          .prepare = [=] { write_files(folder, {{"m.safetensors", bytes}}); },
          .run =
              [=] {
                const Model model = heed::load<Model>(file);
                arm({});
                *same = flat(model) == flat(*there);
              },
          .after_success = [=] { return *same ? "" : "other weights"; },
          .after_error = [] { return ""; },
          .files = {"m.safetensors"}};
}

inline Job reading(const std::filesystem::path& folder) {
  const auto file = folder / "rows.csv";
  const std::string rows = "0.5,1.5,rises\n-0.5,-1.5,falls\n0.25,1.25,rises\n";
  const auto same = std::make_shared<bool>(false);
  return {.name = "read",
          .prepare = [=] { write_files(folder, {{"rows.csv", rows}}); },
          .run =
              [=] {
                const heed::Sequences<float> sequences = heed::load_sequences<float>(file);
                const heed::MappedFile mapped(file);
                arm({});
                *same = sequences.x(1, 1, 0) == -1.5f && text_of(mapped.bytes()) == rows;
              },
          .after_success = [=] { return *same ? "" : "other numbers"; },
          .after_error = [] { return ""; },
          .files = {"rows.csv"}};
}

}  // namespace faults
