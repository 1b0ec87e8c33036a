#!/usr/bin/env bash
# Fetches the public data sets that the examples are measured on, each from its home:
#
#     bash examples/data.sh                     # all of them, to build/data
#     bash examples/data.sh FOLDER [SET]...     # some of them
#
# Every file is compared with the SHA-256 checksum it had when the numbers in the documentation were measured, and moved
# into place only then; what is there already is left alone. A set that fails is named in one line; the others go on.
# Where a home is out of reach, HEED_DATA_MIRROR (a URL, file:// too) is asked for <mirror>/<host>/<path> instead.
set -euo pipefail

sets=(pendigits optdigits japanese_vowels basic_motions ucr_univariate trec multi30k ud_english_ewt wnut17 cora)

say() { printf '%s\n' "$*"; }
complain() { printf 'data.sh: %s\n' "$*" >&2; }

checksum() {
  if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

# download URL FILE: its output says why not
download() {
  local url=$1
  [ -z "${HEED_DATA_MIRROR:-}" ] || url=${HEED_DATA_MIRROR%/}/${1#*://}
  if command -v curl >/dev/null; then
    curl -fsSL --retry 2 --connect-timeout 20 -o "$2" "$url" 2>&1
  elif command -v wget >/dev/null; then
    wget -q --tries 3 --timeout 20 -O "$2" "$url" 2>&1 || { echo "wget: cannot get it"; return 1; }
  else
    echo "neither curl nor wget is installed"
    return 1
  fi
}

# obtain FILE SHA256 CONVERT URL...: FILE, under the folder, from the first URL that gives it. `CONVERT DOWNLOAD` writes
# what FILE holds. Its reason for a failure is left in $why.
obtain() {
  local file=$folder/$1 sum=$2 convert=$3 url cached answer
  if has "$1" "$sum"; then return 0; fi
  shift 3
  why="no source is known"
  for url in "$@"; do
    cached=$work/$(printf '%s' "$url" | cksum | tr -d ' ')
    if [ ! -f "$cached" ]; then
      if ! answer=$(download "$url" "$cached.part"); then
        why="cannot fetch $url: $(printf '%s' "$answer" | tr '\n' ' ' | cut -c 1-200)"
        continue
      fi
      mv "$cached.part" "$cached"
    fi
    if ! $convert "$cached" >"$work/result" 2>"$work/reason"; then
      why="cannot convert $url: $(tr '\n' ' ' <"$work/reason" | cut -c 1-200)"
      continue
    fi
    if place "$file" "$sum" "$work/result" "$url"; then return 0; fi
  done
  why="${file#"$folder"/}: $why"
  return 1
}

# place FILE SHA256 RESULT URL: moves the result to its place, if it is the one
place() {
  local got
  got=$(checksum "$3")
  if [ "$got" != "$2" ]; then
    why="what $4 gives is not what was measured on: sha256 $got, expected $2"
    return 1
  fi
  mkdir -p "$(dirname "$1")"
  chmod 644 "$3"
  mv "$3" "$1"
}

has() { [ -f "$folder/$1" ] && [ "$(checksum "$folder/$1")" = "$2" ]; } # has FILE SHA256

from_zip() { unzip -p "$2" "$1"; } # from_zip MEMBER DOWNLOAD
unpacked() { gzip -dc <"$1"; }
words_and_tags() {                           # of CoNLL-U: the second and the fourth column, without ranges and empty nodes
  awk -F '\t' '/^#/ { next } /^$/ { print ""; next } $1 ~ /^[0-9]+$/ { print $2 "\t" $4 }' "$1"
}

uci=https://archive.ics.uci.edu/ml/machine-learning-databases
raw=https://raw.githubusercontent.com

fetch_pendigits() {
  obtain pendigits/pendigits.tra e2b9eb9f0d0467e2b64a4816a3420edf2b8043447576f4b84337aba44a9f97d3 cat $uci/pendigits/pendigits.tra &&
    obtain pendigits/pendigits.tes 8bd03229c5c5291fefe43e45465dd948d2645bf23328b9d993e0b777666b2015 cat $uci/pendigits/pendigits.tes
}

fetch_optdigits() {
  obtain optdigits/optdigits.tra e1b683cc211604fe8fd8c4417e6a69f31380e0c61d4af22e93cc21e9257ffedd cat $uci/optdigits/optdigits.tra &&
    obtain optdigits/optdigits.tes 6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8 cat $uci/optdigits/optdigits.tes &&
    obtain optdigits/optdigits.names 4e8c6ca814472fdfc7beee4734e346600227cf565d18a967b792d905e2dabc95 cat $uci/optdigits/optdigits.names
}

# series SET NAME TRAIN|TEST SHA256: from the archive's zip, or as the library aeon carries it
series() {
  local name=$2_$3.ts version urls=()
  for version in v1.0.0 v0.11.1 v1.1.0 main; do urls+=("$raw/aeon-toolkit/aeon/$version/aeon/datasets/data/$2/$name"); done
  obtain "$1/$name" "$4" "from_zip $name" "https://www.timeseriesclassification.com/aeon-toolkit/$2.zip" ||
    obtain "$1/$name" "$4" cat "${urls[@]}"
}

fetch_japanese_vowels() {
  series japanese_vowels JapaneseVowels TRAIN 68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd &&
    series japanese_vowels JapaneseVowels TEST b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462
}
fetch_basic_motions() {
  series basic_motions BasicMotions TRAIN 8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6 &&
    series basic_motions BasicMotions TEST 79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc
}
fetch_ucr_univariate() {
  series ucr_univariate GunPoint TRAIN f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5 &&
    series ucr_univariate GunPoint TEST 79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e &&
    series ucr_univariate ItalyPowerDemand TRAIN 341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c &&
    series ucr_univariate ItalyPowerDemand TEST 26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144 &&
    series ucr_univariate ArrowHead TRAIN a83c470aaf611a5f5284377cce27a5fc9f6292bc3d110257b0fd4905ced5ee72 &&
    series ucr_univariate ArrowHead TEST 5417dab42626d41df5e435bb22458c2df40dfad4bcd3b59559bbe72e20e84904
}

fetch_trec() {  # as the Harvard NLP group tokenised it, with numbers for labels
  local home=$raw/harvardnlp/sent-conv-torch/master/data
  obtain trec/TREC.train.all c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e cat $home/TREC.train.all &&
    obtain trec/TREC.test.all 92a6a3cede5678b447ef5f1d7ec474134fcda211e6590e6fa627b4a2c68e4566 cat $home/TREC.test.all
}

# captions NAME SHA256
captions() {
  obtain "multi30k/$1" "$2" unpacked "$raw/multi30k/dataset/master/data/task1/raw/$1.gz"
}
fetch_multi30k() {
  captions train.de 2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72 &&
    captions train.en 460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6 &&
    captions val.de 660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660 &&
    captions val.en 1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227 &&
    captions test_2016_flickr.de 4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16 &&
    captions test_2016_flickr.en 399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182
}

fetch_ud_english_ewt() {  # one of its releases: the small file tells which
  local release home=$raw/UniversalDependencies/UD_English-EWT
  for release in r2.16 r2.15 r2.14 r2.17 r2.13 r2.12 r2.11 r2.10 r2.9 master; do
    obtain ud_english_ewt/dev.tsv ac7b79f3411079d8dca268d824ce4b36e25c9ba839ccd64067024d2ac18fba8d words_and_tags $home/$release/en_ewt-ud-dev.conllu || continue
    obtain ud_english_ewt/test.tsv ead3f5bc8fe6026fa56cebf36b682bf79b165ff19762ad2bed0120039f6033ad words_and_tags $home/$release/en_ewt-ud-test.conllu || continue
    obtain ud_english_ewt/train.tsv f66337dc7c394a1f497ddce9714c77f2bb296eb3721e01ed313d5a40eb5db6c9 words_and_tags $home/$release/en_ewt-ud-train.conllu || continue
    return 0
  done
  return 1
}

fetch_wnut17() {
  local home=$raw/leondz/emerging_entities_17/master
  obtain wnut17/wnut17train.conll 731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5 cat $home/wnut17train.conll &&
    obtain wnut17/emerging.dev.conll e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8 cat $home/emerging.dev.conll &&
    obtain wnut17/emerging.test.annotated 2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0 cat $home/emerging.test.annotated
}

# planetoid FOLDER: nodes.txt and edges.txt of the pickled matrices there, in the order and split of Yang, Cohen and
# Salakhutdinov (2016). Nothing but numbers is read of them: no class of theirs is run.
planetoid() {
  python3 -I - "$1" <<'END'
import pickle, struct, sys

class Array:
    """numpy.ndarray: a flat list."""
    def __setstate__(self, state):
        _, self.shape, kind, _, data = state
        data = data.encode("latin1") if isinstance(data, str) else data
        code = {"f4": "f", "f8": "d", "i4": "i", "i8": "q"}[kind.name]
        self.values = struct.unpack("<%d%s" % (len(data) // struct.calcsize(code), code), data)
class Kind:
    """numpy.dtype"""
    def __init__(self, name, *_): self.name = name
    def __setstate__(self, state): pass
class Matrix:
    """scipy.sparse.csr_matrix: data, indices, indptr."""
KNOWN = {"ndarray": Array, "dtype": Kind, "csr_matrix": Matrix, "_reconstruct": lambda *_: Array()}
class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if name in KNOWN: return KNOWN[name]
        if (module, name) in {("collections", "defaultdict"), ("builtins", "list"), ("__builtin__", "list"),
                              ("_codecs", "encode"), ("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor"),
                              ("builtins", "object"), ("__builtin__", "object")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError("unexpected %s.%s" % (module, name))
def read(name):
    with open(sys.argv[1] + "/ind.cora." + name, "rb") as file: return Reader(file, encoding="latin1").load()
def rows(m): return [[f for f, v in sorted(zip(m.indices.values[a:b], m.data.values[a:b])) if v]
                     for a, b in zip(m.indptr.values, m.indptr.values[1:])]
def classes(y): return [y.values[i * y.shape[1]:(i + 1) * y.shape[1]].index(1) for i in range(y.shape[0])]

with open(sys.argv[1] + "/ind.cora.test.index") as file: test = [int(line) for line in file]
known = len(classes(read("ally")))
place = dict(enumerate(range(known))) | {node: known + k for k, node in enumerate(test)}
features, labels = rows(read("allx")) + rows(read("tx")), classes(read("ally")) + classes(read("ty"))
train = len(classes(read("y")))
split = lambda i: "train" if i < train else "val" if i < train + 500 else "test" if i >= known else "none"
with open(sys.argv[1] + "/nodes.txt", "w") as file:
    for i in range(len(place)):
        file.write(" ".join(map(str, [i, labels[place[i]], split(i)] + features[place[i]])) + "\n")
edges = {(min(u, v), max(u, v)) for u, near in read("graph").items() for v in near if u != v}
with open(sys.argv[1] + "/edges.txt", "w") as file:
    for u, v in sorted(edges): file.write("%d %d\n" % (u, v))
END
}

fetch_cora() {
  local nodes=e5b8d7f8a17239b8a9d212663a67ee286e0fa7d34eb92abcadbabaa7508eca46
  local edges=75e53a6dd7ff2ead7b2fcc3e31e6319debdb33f5537eeb24054e16535cfa277e
  local home=$raw/kimiyoung/planetoid/master/data part answer
  if has cora/nodes.txt $nodes && has cora/edges.txt $edges; then return 0; fi
  if ! command -v python3 >/dev/null; then
    why="python3, which reads its files, is not installed"
    return 1
  fi
  mkdir -p "$work/cora"
  for part in allx ally tx ty y graph test.index; do
    if ! answer=$(download "$home/ind.cora.$part" "$work/cora/ind.cora.$part"); then
      why="cannot fetch $home/ind.cora.$part: $(printf '%s' "$answer" | tr '\n' ' ' | cut -c 1-200)"
      return 1
    fi
  done
  if ! answer=$(planetoid "$work/cora" 2>&1); then
    why="cannot read $home/ind.cora.*: $(printf '%s' "$answer" | tail -n 1 | cut -c 1-200)"
    return 1
  fi
  place "$folder/cora/nodes.txt" $nodes "$work/cora/nodes.txt" "$home" &&
    place "$folder/cora/edges.txt" $edges "$work/cora/edges.txt" "$home"
}

folder=${1:-build/data}
[ $# = 0 ] || shift
[ $# = 0 ] || sets=("$@")
for set in "${sets[@]}"; do
  if ! declare -F "fetch_$set" >/dev/null; then
    complain "no data set $set"
    exit 2
  fi
done
mkdir -p "$folder"
work=$(mktemp -d "$folder/.fetching.XXXXXX") # beside the files: moving into place is one step
trap 'rm -rf "$work"' EXIT

failed=0
for set in "${sets[@]}"; do
  why=
  if "fetch_$set"; then
    say "$set: there"
  else
    complain "$set: $why"
    failed=1
  fi
done
exit $failed
