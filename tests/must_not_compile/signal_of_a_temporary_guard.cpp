// expected: use of deleted function|call to deleted member function
#include "heed/train/fit_options.hpp"
#include "heed/train/interrupt.hpp"

// the guard ends before training begins
heed::FitOptions options() { return {.stop = heed::InterruptGuard().signal()}; }
