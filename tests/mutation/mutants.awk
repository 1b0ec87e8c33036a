# Lists the mutants of a header, one a line: LINE <tab> KIND <tab> the line as the mutant has it.
#
# Mutated is the code between a layer's first forward-like function and its end; with all=1, of other headers, all code.
# Declarations, error texts, memory management and comments are left alone: they change no number.

function emit(kind, text) {
  if (text != line && !((text) in seen)) {
    seen[text] = 1
    printf "%d\t%s\t%s\n", NR, kind, text
  }
}

# the position of the bracket that closes the one at `open`, 0 where it is on another line
function closing(s, open, depth, i, c) {
  depth = 0
  for (i = open; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c == "(") depth++
    if (c == ")" && --depth == 0) return i
  }
  return 0
}

# the arguments of a call into arg[1..n]; n
function arguments(s, depth, i, c, n, from) {
  n = 0
  depth = 0
  from = 1
  for (i = 1; i <= length(s) + 1; i++) {
    c = i > length(s) ? "," : substr(s, i, 1)
    if (c ~ /[(\[{]/) depth++
    if (c ~ /[)\]}]/) depth--
    if (c == "," && depth == 0) {
      arg[++n] = substr(s, from, i - from)
      sub(/^ +/, "", arg[n])
      from = i + 1
    }
  }
  return n
}

# every call of `name` on the line, with what it may become
function calls(name, arity, from, at, open, close_at, before, after, n, whole) {
  from = 1
  while ((at = match(substr(line, from), "(^|[^A-Za-z0-9_])" name "\\(")) > 0) {
    at += from - 1
    open = at + RLENGTH - 1
    from = open + 1
    close_at = closing(line, open)
    if (!close_at) continue
    whole = substr(line, at, 1)
    before = substr(line, 1, at - 1) (whole ~ /[A-Za-z]/ ? "" : whole)
    after = substr(line, close_at + 1)
    n = arguments(substr(line, open + 1, close_at - open - 1))
    if (n != arity) continue
    if (name ~ /fma$/) {
      emit("drop term", before "simd::mul(" arg[1] ", " arg[2] ")" after)
      emit("drop product", before "simd::add(" arg[3] ", simd::sub(" arg[3] ", " arg[3] "))" after)
      emit("flip sign", before "simd::sub(" arg[3] ", simd::mul(" arg[1] ", " arg[2] "))" after)
    } else if (name ~ /mul$/) {
      emit("drop factor", before "(" arg[1] ")" after)
      emit("drop factor", before "(" arg[2] ")" after)
    } else if (name ~ /add$/) {
      emit("drop term", before "(" arg[1] ")" after)
      emit("drop term", before "(" arg[2] ")" after)
      emit("flip sign", before "simd::sub(" arg[1] ", " arg[2] ")" after)
    } else if (name ~ /sub$/) {
      emit("drop term", before "(" arg[1] ")" after)
      emit("flip sign", before "simd::add(" arg[1] ", " arg[2] ")" after)
      emit("swap", before "simd::sub(" arg[2] ", " arg[1] ")" after)
    } else {
      emit("swap", before substr(line, at + length(substr(line, at, 1) ~ /[A-Za-z]/ ? "" : "x"), open - at - length(substr(line, at, 1) ~ /[A-Za-z]/ ? "" : "x") + 1) arg[2] ", " arg[1] ")" after)
    }
  }
}

# every place where `text` stands, one at a time
function replace(kind, text, by, from, at) {
  from = 1
  while ((at = index(substr(line, from), text)) > 0) {
    at += from - 1
    emit(kind, substr(line, 1, at - 1) by substr(line, at + length(text)))
    from = at + length(text)
  }
}

# numbers that stand alone: 0 becomes 1, 1 becomes 2, ...
function numbers(from, at, digits, before, after) {
  from = 1
  while (match(substr(line, from), /[0-9]+/)) {
    at = from + RSTART - 1
    digits = substr(line, at, RLENGTH)
    before = at > 1 ? substr(line, at - 1, 1) : " "
    after = substr(line, at + length(digits), 1)
    if (before !~ /[A-Za-z_.0-9]/ && after !~ /[A-Za-z_.0-9>]/) {
      emit("other index", substr(line, 1, at - 1) (digits + 1) substr(line, at + length(digits)))
    }
    from = at + length(digits)
  }
}

# neighbouring arguments of the call that the line makes, where both are plain names
function neighbours(open, close_at, n, i, j, list) {
  open = index(line, "(")
  close_at = open ? closing(line, open) : 0
  if (!close_at || substr(line, close_at + 1) !~ /^;/) return
  n = arguments(substr(line, open + 1, close_at - open - 1))
  for (i = 1; i < n; i++) {
    if (arg[i] !~ /^[a-z_]+(\.[a-z_]+)*$/ || arg[i + 1] !~ /^[a-z_]+(\.[a-z_]+)*$/) continue
    list = ""
    for (j = 1; j <= n; j++) list = list (j > 1 ? ", " : "") arg[j == i ? i + 1 : j == i + 1 ? i : j]
    emit("swap", substr(line, 1, open) list substr(line, close_at))
  }
}

/^ *(void|static void|HEED_INLINE static) .*(forward|backward|step|accumulate|distribution|spread|each_feature|zero_unattended)\(/ { active = 1 }
/^  static void visit/ || /^struct / || /^ *Shape output_shape/ || /metadata|options_from/ { active = 0 }
/^ private:/ || all { active = 1 }

{
  line = $0
  split("", seen)
  code = line
  sub(/ *\/\/.*$/, "", code)
  if (!active || code ~ /^ *$/ || code ~ /^ *#|^(inline )?namespace|^ *static_assert|^HEED_/ || code ~ /Scratch::Mark|require\(|Fault|^ *using |^ *template|^ *requires|take_weights|^ *(void|static|HEED_INLINE static|Weight|kernels::Head|kernels::LaneMatrix) .*\{$/) next
  if (code ~ /^  (void|static|Tile|Weight)[^=]*\) (const )?;?$/) next
  if (code ~ /(\.|->)(take|like|template tile|template take)[<(]/) next  # memory only: their contents are written elsewhere
  line = code
  calls("fma", 3)
  calls("simd::fma", 3)
  calls("mul", 2)
  calls("simd::mul", 2)
  calls("add", 2)
  calls("simd::add", 2)
  calls("sub", 2)
  calls("simd::sub", 2)
  calls("at", 2)
  replace("flip sign", " + ", " - ")
  replace("flip sign", " - ", " + ")
  replace("drop factor", " * ", " + ")
  replace("flip sign", "+=", "-=")
  replace("edge", " < ", " <= ")
  replace("edge", " > ", " >= ")
  replace("edge", " == ", " != ")
  replace("other sink", "into(", "onto(")
  replace("other sink", "onto(", "into(")
  replace("other sink", "add = true", "add = false")
  replace("other sink", ", true}", ", false}")
  replace("transpose", "times<S>(", "times_transposed<S>(")
  replace("transpose", "times_transposed<S>(", "times<S>(")
  replace("transpose", ".transposed()", "")
  replace("transpose", "rows()", "cols()")
  replace("drop term", "accumulate(", "store(")
  numbers()
  if (match(code, /\{ [^{}]*; \}$/)) emit("drop statement", substr(code, 1, RSTART) " }")
  if (code !~ /\{/) neighbours()
  if (code ~ /^ +[A-Za-z_][A-Za-z_:.<>]*\(.*\);$/ && code !~ /^ +(prepare|return)/) emit("drop statement", "    ;")
}
