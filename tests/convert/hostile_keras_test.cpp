// Files of Keras that heed must refuse, and damaged ones: each is one error that names its place, and costs no more
// memory than some times the file.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/zip_writer.hpp"
#include "heed/convert/keras.hpp"
#include "heed/files/file.hpp"
#include "heed/files/zip.hpp"

namespace hostile_keras_test {

using heed::KerasFile;
using test_support::error_of;
using Bytes = std::vector<std::byte>;

const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data/keras";

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

/// A .keras file of this description and of the weights of seed_plain.keras: an LSTM of 4 on 3 features, two Dense.
Bytes archive(const std::string& config) {
  static const Bytes plain = heed::read_file(data / "seed_plain.keras");
  static const auto members = heed::zip_members(plain, "plain");
  std::string weights;
  for (const heed::ZipMember& member : members) {
    if (member.name != "model.weights.h5") continue;
    const auto bytes = heed::stored_member(plain, member, "plain");
    weights.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  test_support::ZipWriter zip;
  zip.add("config.json", config);
  zip.add("model.weights.h5", weights);
  return zip.bytes();
}

std::string load(Bytes bytes) {
  return error_of([&] { heed::load_keras_model<float>(KerasFile(std::move(bytes), "f.keras")); });
}

/// An attention of Keras reads two.
std::string layer(const std::string& kind, const std::string& config = "") {
  const bool attention = kind.ends_with("Attention");
  return R"({"class_name":")" + kind + R"(","config":{"name":"it")" + (config.empty() ? "" : ",") + config + "}" +
         (attention ? R"(,"inbound_nodes":[[["a",0,0],["a",0,0]]])" : "") + "}";
}
const std::string input = R"({"class_name":"InputLayer","config":{"name":"in","batch_shape":[null,7,3]}})";

/// A Sequential of these layers behind an input of 7 steps of 3 features.
std::string sequential(const std::string& layers) {
  return R"({"class_name":"Sequential","config":{"layers":[)" + input + "," + layers + "]}}";
}

void expect_refused(const std::string& layers, std::string_view part) {
  const std::string text = load(archive(sequential(layers)));
  EXPECT_TRUE(text.starts_with("f.keras: layer \"it\"")) << text;
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

const std::string lstm =
    R"({"class_name":"LSTM","config":{"name":"lstm","units":4,"activation":"tanh","recurrent_activation":"sigmoid","return_sequences":true}})";

TEST(HostileKeras, UnknownLayersAreNamed) {
  expect_refused(layer("Wavelet"), "layer \"it\" (Wavelet): no layer that heed reads");
  expect_refused(layer("Conv2D"), "(Conv2D)");
  expect_refused(layer("GlobalMaxPooling2D"), "(GlobalMaxPooling2D)");
  expect_refused(layer("TimeDistributed", R"("layer":{"class_name":"Conv2D","config":{}})"), "\"Conv2D\"");
  expect_refused(layer("Bidirectional", R"("layer":{"class_name":"Dense","config":{}})"), "\"Dense\"");
  expect_refused(layer("Activation", R"("activation":"swish")"), "\"swish\"");
}

TEST(HostileKeras, ClassesOfOnesOwnAreNotTakenForThoseOfKeras) {
  for (const char* kind :
       {"DropoutScale", "MyDropout", "MaxOutPooling1D", "AveragePool2Pooling1D", "NormNormalization"})
    expect_refused(layer(kind), std::string("(") + kind + "): no layer that heed reads");
  expect_refused(layer("TimeDistributed", R"("layer":{"class_name":"MyNormalization","config":{}})"),
                 "MyNormalization");
  const auto own = [](const char* kind, const char* origin) {
    return R"({"class_name":")" + std::string(kind) + R"(","config":{"name":"it","units":4},)" + origin + "}";
  };
  for (const char* origin : {R"("module":"__main__","registered_name":null)", R"("module":"keras_of_mine.layers")",
                             R"("module":null,"registered_name":"LSTM")", R"("registered_name":"mine>LSTM")"}) {
    for (const char* kind : {"LSTM", "Dropout", "Attention", "Dense", "ReLU", "MaxPooling1D"})
      expect_refused(own(kind, origin), "a class of one's own");
  }
  expect_refused(own("mine>Dropout", R"("module":null)"), "a class of one's own");
  expect_refused(R"({"class_name":"Attention","config":{"name":"it"}})", "Attention, a class of one's own");  // of .h5
  // one that is said to be attention pooling is
  EXPECT_NE(load(archive(sequential(own("mine>AttentionLayer", R"("module":null)")))).find("no kernel of the score"),
            std::string::npos);
  for (const char* module :
       {"keras.layers", "keras.src.layers.rnn.lstm", "tf_keras.src.layers", "tensorflow.python.keras"})
    expect_refused(own("Dense", ("\"module\":\"" + std::string(module) + '"').c_str()), "wrong shape of the kernel");
}

TEST(HostileKeras, ArgumentsOfCallsThatHeedDoesNotReadAreNamed) {
  const std::string tensor = R"({"class_name":"__keras_tensor__","config":{"keras_history":["in",0,0]}})";
  const std::string numbers = R"({"class_name":"__tensor__","config":{"value":[[1,1,1,1]]}})";
  const auto refused = [&](const std::string& kind, const std::string& call, const std::string& beside = "") {
    return load(
        archive(R"({"class_name":"Functional","config":{"layers":[{"class_name":"InputLayer","name":"in","config":)"
                R"({"batch_shape":[null,7,3]},"inbound_nodes":[]},)" +
                beside + R"({"class_name":")" + kind + R"(","name":"it","config":{},"inbound_nodes":[)" + call +
                R"(]}],"output_layers":[["it",0,0]]}})"));
  };
  const auto keras3 = [&](const std::string& more, const std::string& named) {
    return R"({"args":[)" + tensor + more + R"(],"kwargs":{)" + named + "}}";
  };
  const auto keras2 = [](const std::string& named) { return R"([["in",0,0,{)" + named + "}]]"; };
  for (const std::string& call :
       {keras3("", R"("training":true)"), keras3("", R"("initial_state":[)" + numbers + "]"), keras3("," + numbers, ""),
        keras3("", R"("initial_state":[)" + tensor + "]"), keras3("", R"("query_mask":)" + tensor), keras3(",true", ""),
        keras3("", R"("something":3)"), keras2(R"("training":true)"), keras2(R"("initial_state":["in",0,0])"),
        std::string(R"([["in",0,0,{}],["_CONSTANT_VALUE",-1,[1,2],{}]])")}) {
    EXPECT_NE(refused("Dropout", call).find("layer \"it\": an argument of the call that heed does not read"),
              std::string::npos)
        << call << refused("Dropout", call);
  }
  const std::string masked = keras3("", R"("mask":)" + tensor);
  EXPECT_NE(refused("Dropout", masked).find("layer \"it\": a mask of the call"), std::string::npos);
  EXPECT_NE(refused("Dropout", keras2(R"("mask":["in",0,0])")).find("a mask of the call"), std::string::npos);
  const std::string op =
      R"({"class_name":"NotEqual","name":"ne","config":{},"inbound_nodes":[)" + keras3(",5", "") + "]},";
  EXPECT_NE(refused("Dropout", keras3("", ""), op).find("layer \"ne\": a layer beside the chain"), std::string::npos);
  for (const std::string& call : {keras3("", R"("training":false,"mask":null)"), keras2(R"("training":null)")}) {
    EXPECT_EQ(refused("Dropout", call).find("layer \"it\""), std::string::npos);
  }
}

TEST(HostileKeras, WhatHeedWouldComputeOtherwiseIsNamed) {
  const std::string cell = R"("units":4,"activation":"tanh","recurrent_activation":)";
  expect_refused(layer("GRU", cell + R"("hard_sigmoid")"), "recurrent_activation sigmoid, got \"hard_sigmoid\"");
  expect_refused(layer("LSTM", R"("units":4,"activation":"relu","recurrent_activation":"sigmoid")"), "got \"relu\"");
  expect_refused(layer("LSTM", cell + R"("sigmoid","go_backwards":true)"), "go_backwards");
  expect_refused(layer("LSTM", cell + R"("sigmoid","stateful":true)"), "stateful");
  expect_refused(
      layer("Bidirectional", R"("merge_mode":"mul","layer":{"class_name":"LSTM","config":{)" + cell + R"("sigmoid"}})"),
      "got \"mul\"");
  expect_refused(layer("Conv1D", R"("filters":2,"kernel_size":[3],"data_format":"channels_first")"), "data_format");
  expect_refused(layer("MaxPooling1D", R"("pool_size":[2],"padding":"same","strides":[1])"), "padding same");
  expect_refused(layer("LayerNormalization", R"("axis":[1])"), "another axis");
  expect_refused(layer("ReLU", R"("max_value":6)"), "bounds");
  expect_refused(layer("Attention", R"("score_mode":"concat")"), "score_mode");
  expect_refused(layer("MultiHeadAttention", R"("num_heads":1,"key_dim":2,"attention_axes":[0])"), "attention_axes");
}

TEST(HostileKeras, MaskedStepsThatKerasWouldCountAreNamed) {
  for (const char* kind : {"Flatten", "GlobalMaxPooling1D", "MaxPooling1D", "AttentionLayer"}) {
    expect_refused(layer("Masking") + "," + layer(kind), "behind Masking");
  }
  expect_refused(layer("Masking") + "," + layer("Conv1D", R"("filters":2,"kernel_size":[2])"), "behind Masking");
  // an LSTM repeats its last output: the maximum is the same
  EXPECT_EQ(load(archive(sequential(layer("Masking") + "," + lstm + "," + layer("GlobalMaxPooling1D")))),
            "f.keras: \"dense\": weights of a layer that the model does not have");
}

TEST(HostileKeras, BranchesAreNamed) {
  const auto tensor = [](const std::string& name) {
    return R"({"class_name":"__keras_tensor__","config":{"keras_history":[")" + name + R"(",0,0]}})";
  };
  const auto node = [&](const std::string& kind, const std::string& name, const std::string& arguments) {
    return R"({"class_name":")" + kind + R"(","name":")" + name + R"(","config":{},"inbound_nodes":[{"args":[)" +
           arguments + R"(],"kwargs":{}}]})";
  };
  const auto model = [&](const std::string& layers, const std::string& end) {
    return load(
        archive(R"({"class_name":"Functional","config":{"layers":[{"class_name":"InputLayer","name":"in","config":{},)"
                R"("inbound_nodes":[]},)" +
                layers + R"(],"output_layers":[[")" + end + R"(",0,0]]}})"));
  };
  EXPECT_NE(
      model(node("Dropout", "a", tensor("in")) + "," + node("Add", "sum", tensor("a") + "," + tensor("in")), "sum")
          .find("layer \"sum\": a layer reads two others (Add)"),
      std::string::npos);
  EXPECT_NE(model(node("Dropout", "a", tensor("in")) + "," + node("Dropout", "b", tensor("in")), "a")
                .find("layer \"b\": a layer beside the chain"),
            std::string::npos);
  EXPECT_NE(model(node("Dropout", "a", tensor("b")) + "," + node("Dropout", "b", tensor("a")), "a").find("in a circle"),
            std::string::npos);
  EXPECT_NE(model(node("Dropout", "a", tensor("gone")), "a").find("layer \"gone\": a connection to a layer"),
            std::string::npos);
}

TEST(HostileKeras, WeightsThatDoNotFitAreNamed) {
  expect_refused(layer("Dense", R"("units":2)"),
                 "layers/dense/vars/0: wrong shape of the kernel (expected (3, 2), got (4, 4))");
  expect_refused(lstm + "," + layer("Dense", R"("units":5)"), "(expected (4, 5), got (4, 4))");
  expect_refused(layer("GRU", R"("units":4,"activation":"tanh","recurrent_activation":"sigmoid")"), "no kernels");
  expect_refused(layer("BatchNormalization"), "no gamma");
  EXPECT_EQ(load(archive(sequential(lstm))), "f.keras: \"dense\": weights of a layer that the model does not have");
}

TEST(HostileKeras, TextsThatAreNoDescriptionAreErrors) {
  EXPECT_NE(load(archive(R"({"class_name":"Sequential","class_name":"Functional"})")).find("the same key twice"),
            std::string::npos);
  const std::string open(100'000, '['), many = "{\"a\":[" + std::string(500'000, ' ');
  std::string values = "[0";
  for (int i = 0; i < 210'000; ++i) values += ",0";
  EXPECT_NE(load(archive(open)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(load(archive(values + "]")).find("too many values"), std::string::npos);
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("nul"), many,
        std::string(R"({"class_name":"Sequential"})"), std::string(R"({"class_name":"Net","config":{}})"),
        std::string(R"({"class_name":"Sequential","config":{"layers":[3,null,[]]}})")}) {
    EXPECT_NE(load(archive(text)), "no error") << text.substr(0, 50);
  }
  std::string nested = lstm;  // models inside of models
  for (int i = 0; i < 60; ++i) nested = R"({"class_name":"Sequential","config":{"layers":[)" + nested + "]}}";
  EXPECT_NE(load(archive(nested)), "no error");
}

TEST(HostileKeras, SizesThatTheFileHasNoWeightsForTakeNoMemory) {
  const std::string wide =
      R"({"class_name":"Sequential","config":{"layers":[{"class_name":"InputLayer","config":{"batch_shape":[null,7,9000000]}},)";
  const long before = test_support::allocated_bytes();
  for (const std::string& one :
       {layer("LSTM", R"("units":9000000,"activation":"tanh","recurrent_activation":"sigmoid")"),
        layer("Dense", R"("units":9000000)"), layer("AdditiveAttention", R"("use_scale":false)"),
        layer("Attention", R"("use_scale":true)"), layer("MultiHeadAttention", R"("num_heads":1000,"key_dim":9000)"),
        layer("LayerNormalization", R"("scale":false,"center":false)"), layer("Flatten"),
        layer("Conv1D", R"("filters":9000000,"kernel_size":[9000000])")}) {
    EXPECT_NE(load(archive(wide + one + "]}}")), "no error") << one;
    EXPECT_NE(load(archive(sequential(one))), "no error") << one;
  }
  EXPECT_LT(test_support::allocated_bytes() - before, 20'000'000);
}

TEST(HostileKeras, OtherArchivesAreErrors) {
  test_support::ZipWriter zip;
  zip.add("config.json", "{}");
  EXPECT_EQ(load(zip.bytes()),
            "f.keras: the archive has no weights that heed reads (expected model.weights.h5, got none)");
  EXPECT_NE(load({}).find("an empty file"), std::string::npos);
  EXPECT_NE(load(bytes_of("PK\x03\x04 and no more")), "no error");
}

/// Each damaged file loads, or is an error that names it; nothing takes more than some times its memory.
TEST(HostileKeras, DamagedFilesAreErrors) {
  for (const char* name : {"both_directions_2.h5", "text.weights.h5"}) {
    const Bytes whole = heed::read_file(data / name);
    std::mt19937 random(7);
    std::size_t errors = 0;
    const auto count = [&](Bytes&& bytes) {
      const long before = test_support::allocated_bytes();
      const std::string text = error_of([&] {
        const KerasFile file(std::move(bytes), "f.h5", {.model = data / "text.keras"});
        heed::load_keras_model<float>(file);
      });
      EXPECT_LT(test_support::allocated_bytes() - before, static_cast<long>(60 * whole.size())) << text;
      if (text == "no error") return;
      ++errors;
      EXPECT_TRUE(text.starts_with("f.h5: ") || text.starts_with("no HDF5")) << text;
    };
    for (std::size_t size = 0; size < whole.size(); size += 3989) {
      count(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    EXPECT_GE(errors, whole.size() / 4000) << name;
    for (int i = 0; i < 120; ++i) {
      Bytes bytes = whole;
      for (int k = 0; k < 3; ++k)
        bytes[random() % bytes.size()] = static_cast<std::byte>(random() % 3 ? random() : 255);
      count(std::move(bytes));
    }
  }
}

}  // namespace hostile_keras_test
