// Where the images, windows and channels of a convolution lie. KERNEL_H and KERNEL_W are the size of its kernel, known
// when this is compiled; INDEX is a type that holds all places in memory.

#define SIZE (KERNEL_H * KERNEL_W)

// Where something is: `int` if that is enough, since divisions of 64 bits are slow.
typedef INDEX Index;
__device__ inline Array<Index, 2> pair(Array<i64, 2> x) { return {(Index)x[0], (Index)x[1]}; }

// Where images, windows and channels lie. Pairs are height and width.
struct Shape {
    int images, groups, ins, outs;  // channels of a group
    Array<Index, 2> input, output, stride, padding, dilation;

    __device__ Index in_area() const { return input[0] * input[1]; }
    __device__ Index out_area() const { return output[0] * output[1]; }
    // The first pixel of channel `channel` of a group in an image.
    __device__ Index in_plane(Index image, int group, int channel) const {
        return ((image * groups + group) * ins + channel) * in_area();
    }
    __device__ Index out_plane(Index image, int group, int channel) const {
        return ((image * groups + group) * outs + channel) * out_area();
    }
    // The input pixel that pixel `tap` of the kernel meets in the window at (y, x); negative if it is outside.
    __device__ Index in_pixel(Index y, Index x, int tap) const {
        Index line = y * stride[0] + tap / KERNEL_W * dilation[0] - padding[0];
        Index pixel = x * stride[1] + tap % KERNEL_W * dilation[1] - padding[1];
        bool inside = line >= 0 && line < input[0] && pixel >= 0 && pixel < input[1];
        return inside ? line * input[1] + pixel : -1;
    }
    // The output pixel whose window meets input pixel (y, x) with pixel `tap` of the kernel; negative if there is none.
    __device__ Index out_pixel(Index y, Index x, int tap) const {
        Index line = y + padding[0] - tap / KERNEL_W * dilation[0];
        Index pixel = x + padding[1] - tap % KERNEL_W * dilation[1];
        if (line < 0 || pixel < 0 || line % stride[0] != 0 || pixel % stride[1] != 0) return -1;
        line /= stride[0], pixel /= stride[1];
        return line < output[0] && pixel < output[1] ? line * output[1] + pixel : -1;
    }
};

#define SHAPE                                                                                             \
    int images, int groups, int ins, int outs, Array<i64, 2> input, Array<i64, 2> output, Array<i64, 2> stride, \
        Array<i64, 2> padding, Array<i64, 2> dilation
#define THE_SHAPE \
    Shape { images, groups, ins, outs, pair(input), pair(output), pair(stride), pair(padding), pair(dilation) }
