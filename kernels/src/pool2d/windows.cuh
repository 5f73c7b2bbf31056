// Images are planes of `height` by `width` pixels, windows lie in `rows` by `columns`. INDEX is a type that holds all
// places in memory and on the padded plane.
typedef INDEX Index;

struct Axis {
    Index size, windows, kernel, stride, padding;

    // The pixels of a window.
    __device__ Index first(Index window) const { return max(window * stride - padding, (Index)0); }
    __device__ Index end(Index window) const { return min(window * stride - padding + kernel, size); }
    // The windows of a pixel.
    __device__ Index first_window(Index pixel) const {
        Index before = pixel + padding - kernel;
        return before < 0 ? 0 : before / stride + 1;
    }
    __device__ Index end_window(Index pixel) const { return min((pixel + padding) / stride + 1, windows); }
};

// Height and width. KERNEL and STRIDE are known when this is compiled, or zero.
__device__ inline Axis axis(const Array<i64, 10>& sizes, int at) {
    Index kernel = KERNEL ? KERNEL : sizes[2 * 2 + at], stride = KERNEL ? STRIDE : sizes[3 * 2 + at];
    return Axis{(Index)sizes[at], (Index)sizes[2 + at], kernel, stride, (Index)sizes[4 * 2 + at]};
}

// Where a pixel is.
struct Pixel {
    Index plane, y, x;
    __device__ Pixel(Index i, Index height, Index width)
        : plane(i / width / height), y(i / width % height), x(i % width) {}
};
