#pragma once

// A real browser without a window, told what to do through two pipes: Chromium and its DevTools protocol.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test_support {

/// The browser's program: HEED_CHROMIUM, or the first that the PATH has.
inline std::optional<std::string> chromium() {
  if (const char* said = std::getenv("HEED_CHROMIUM")) return said;
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    for (const char* name : {"/chromium", "/chromium-browser", "/google-chrome"}) {
      if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
    }
  }
  return {};
}

class Browser {
 public:
  /// `profile`: a folder that it may fill.
  Browser(const std::string& program, const std::filesystem::path& profile) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    to_ = in[1];
    from_ = out[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int output : {1, 2}) ::posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    // by way of high numbers: 3 or 4 may be one of these
    ::posix_spawn_file_actions_adddup2(&actions, in[0], 103);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 104);
    ::posix_spawn_file_actions_adddup2(&actions, 103, 3);
    ::posix_spawn_file_actions_adddup2(&actions, 104, 4);
    std::vector<std::string> words{program,
                                   "--headless",
                                   "--remote-debugging-pipe",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--no-first-run",
                                   "--disable-dev-shm-usage",
                                   "--disable-background-networking",
                                   "--user-data-dir=" + profile.string(),
                                   "about:blank"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int failed = ::posix_spawn(&child_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    if (failed != 0) throw std::runtime_error("cannot start " + program);
    const std::string target = text_after(call("Target.createTarget", R"({"url":"about:blank"})"), "\"targetId\":\"");
    session_ = text_after(call("Target.attachToTarget", R"({"flatten":true,"targetId":")" + target + "\"}"),
                          "\"sessionId\":\"");
    for (const char* domain : {"Page", "Network", "Runtime", "Log"}) call(domain + std::string(".enable"));
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  ~Browser() {
    ::close(to_);  // it ends with its pipe; then nobody fills the profile any more
    char bytes[65536];
    for (pollfd wait{from_, POLLIN, 0}; ::poll(&wait, 1, 30'000) > 0 && ::read(from_, bytes, sizeof bytes) > 0;) {
    }
    ::close(from_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  void look(int width, bool dark) {
    call("Emulation.setDeviceMetricsOverride",
         R"({"height":900,"deviceScaleFactor":1,"mobile":false,"width":)" + std::to_string(width) + "}");
    call("Emulation.setEmulatedMedia",
         std::string(R"({"features":[{"name":"prefers-color-scheme","value":")") + (dark ? "dark" : "light") + "\"}]}");
  }
  void open(const std::filesystem::path& page) {
    events.clear();
    call("Page.navigate", R"({"url":"file://)" + page.string() + "\"}");
    while (!happened("Page.loadEventFired")) events.push_back(next());
  }
  /// What an expression gives, which is a text.
  std::string ask(const std::string& expression) {
    std::string quoted;
    for (const char c : expression)
      quoted += c == '"' || c == '\\' ? std::string("\\") + c : c == '\n' ? " " : std::string(1, c);
    return text_after(call("Runtime.evaluate", R"({"returnByValue":true,"expression":")" + quoted + "\"}"),
                      "\"value\":\"");
  }
  bool happened(std::string_view method) const { return !events_of(method).empty(); }
  std::vector<std::string> events_of(std::string_view method) const {
    std::vector<std::string> found;
    for (const std::string& event : events) {
      if (event.starts_with("{\"method\":\"" + std::string(method) + '"')) found.push_back(event);
    }
    return found;
  }

  std::vector<std::string> events;  // since the page was opened

 private:
  std::string call(const std::string& method, const std::string& parameters = "{}") {
    const std::string id = "{\"id\":" + std::to_string(++calls_) + ',';
    std::string text = id + "\"method\":\"" + method + "\",\"params\":" + parameters;
    if (!session_.empty()) text += ",\"sessionId\":\"" + session_ + '"';
    text += '}';
    for (std::size_t sent = 0; sent <= text.size();) {  // with the 0 at its end
      const auto n = ::write(to_, text.c_str() + sent, text.size() + 1 - sent);
      if (n <= 0) throw std::runtime_error("the browser is gone");
      sent += static_cast<std::size_t>(n);
    }
    while (true) {
      std::string message = next();
      if (!message.starts_with(id)) {
        events.push_back(std::move(message));
        continue;
      }
      if (message.find("\"error\":{") != std::string::npos) throw std::runtime_error(method + ": " + message);
      return message;
    }
  }
  std::string next() {
    while (true) {
      if (const std::size_t end = buffer_.find('\0'); end != std::string::npos) {
        std::string message = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return message;
      }
      pollfd wait{from_, POLLIN, 0};
      constexpr int most = 120'000;  // ms: on a busy machine it starts slowly
      char bytes[65536];
      if (::poll(&wait, 1, most) <= 0) throw std::runtime_error("the browser does not answer");
      const auto n = ::read(from_, bytes, sizeof bytes);
      if (n <= 0) throw std::runtime_error("the browser is gone");
      buffer_.append(bytes, static_cast<std::size_t>(n));
    }
  }
  static std::string text_after(const std::string& message, const std::string& key) {
    const std::size_t at = message.find(key);
    if (at == std::string::npos) throw std::runtime_error("no " + key + " in " + message);
    const std::size_t from = at + key.size();
    return message.substr(from, message.find('"', from) - from);
  }

  pid_t child_ = -1;
  int to_ = -1, from_ = -1, calls_ = 0;
  std::string session_ = {}, buffer_ = {};
};

}  // namespace test_support
