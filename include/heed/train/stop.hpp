#pragma once

/// @file
/// How a caller ends training from outside.

#include <atomic>
#include <concepts>
#include <functional>
#include <utility>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Whether somebody requests an end. It is checked after every step. Made from a `std::stop_token`, or from the user's
/// own flag, which must outlive it.
class StopSignal {
 public:
  StopSignal() = default;  ///< never requests an end
  template <class Token>
    requires requires(const Token& token) {
      { token.stop_requested() } -> std::convertible_to<bool>;
    }
  StopSignal(Token token) : requested_([token = std::move(token)] { return token.stop_requested(); }) {}
  StopSignal(const std::atomic<bool>& flag) : requested_([&flag] { return flag.load(std::memory_order_relaxed); }) {}
  StopSignal(std::atomic<bool>&&) = delete;

  explicit operator bool() const { return static_cast<bool>(requested_); }
  bool requested() const { return requested_ && requested_(); }

 private:
  std::function<bool()> requested_;
};

}  // namespace heed::inline HEED_ABI
