// A matrix product by tiles of ROWS×COLUMNS, each of a block of 256 threads. What both ways to compute one share: on
// CUDA cores (`core_tile.cuh`), and on tensor cores (`tensor_tile.cuh`) where `MULTIPLY` names their instruction.
//
// A `Problem` has the types `Element` of factors and `Total` of sums, and `rows()` and `columns()` of the product. It
// says where factors are: `a(row, k)` and `b(k, column, slot)` are packs of `A_PACK` and `B_PACK` elements, zero outside of
// the matrices. It is asked by threads in the order in which memory lies: along k or along rows for A (`A_ALONG_K`),
// along columns or along k for B (`B_ALONG_COLUMNS`). A thread asks for a few columns only, each for one `slot`, which is
// known when this is compiled: `enter` tells it them before, and `b(k, column, slot)` may have kept what it knows of them.
// Where B lies along columns, all slots are of one column. CUDA cores `add(sum, left, right)` the product of two factors to a sum.

// The first row and column of this block's tile. Blocks that follow each other fill bands of a few tiles' height, so
// that those which run at the same time read the same parts of A and of B.
struct Corner {
    i64 row, column;
    __device__ Corner(i64 rows, i64 columns) {
        const u32 BAND = 8;
        u32 down = (rows + ROWS - 1) / ROWS, across = (columns + COLUMNS - 1) / COLUMNS;
        u32 band = blockIdx.x / across / BAND, first = band * BAND, place = blockIdx.x - first * across;
        u32 height = down - first < BAND ? down - first : BAND;
        row = (i64)(first + place % height) * ROWS, column = (i64)(place / height) * COLUMNS;
    }
};

// What a thread reads of a factor's part: SIDE rows of A or columns of B, DEPTH of k, along k or along the side.
template <class Held, int SIDE, int DEPTH, bool BY_K>
struct Share {
    enum { N = sizeof(Held::at) / sizeof(Held::at[0]), ALL = SIDE * DEPTH / N, OWN = (ALL + 255) / 256 };
    Held packs[OWN];

    // `visit(side, k, pack, slot)` for each.
    template <class Visit>
    __device__ void each(Visit visit) {
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            int pack = threadIdx.x + 256 * i, at = pack * N;
            if (ALL % 256 != 0 && pack >= ALL) break;
            if (BY_K) visit(at / DEPTH, at % DEPTH, packs[i], i);
            else visit(at % SIDE, at / SIDE, packs[i], i);
        }
    }
};

// What a thread reads of both factors, DEPTH of k at a time.
template <class Problem, int DEPTH>
struct Shares {
    typedef Pack<typename Problem::Element, Problem::A_PACK> PackA;
    typedef Pack<typename Problem::Element, Problem::B_PACK> PackB;
    Share<PackA, ROWS, DEPTH, Problem::A_ALONG_K> a;
    Share<PackB, COLUMNS, DEPTH, !Problem::B_ALONG_COLUMNS> b;

    __device__ void enter(Problem& problem, Corner corner) {
        b.each([&](int column, int, PackB&, int slot) { problem.enter(slot, corner.column + column); });
    }
    __device__ void load(const Problem& problem, Corner corner, i64 k0, i64 to) {
        a.each([&](int row, int k, PackA& pack, int) {
            pack = k0 + k < to ? problem.a(corner.row + row, k0 + k) : PackA{};
        });
        b.each([&](int column, int k, PackB& pack, int slot) {
            pack = k0 + k < to ? problem.b(k0 + k, corner.column + column, slot) : PackB{};
        });
    }
};
