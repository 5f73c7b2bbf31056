// Linear layers with weights of type WEIGHT in panels of 32 outputs, each `[inputs, its outputs]`; the last has what is
// left of the outputs.

enum { PANEL = 32, FEW = 8, WARPS = 8 };

__device__ inline i64 width_of(i64 first, i64 outputs) { return outputs - first < PANEL ? outputs - first : PANEL; }

// A block for each panel and a few rows. The threads of a warp are the panel's outputs, so that they read a line of the
// weights at once; its warps share out the inputs.
extern "C" __global__ void __launch_bounds__(256) packed_linear(i64 rows, i64 inputs, i64 outputs, int code, float slope,
                                                                const float* x, const WEIGHT* weight,
                                                                const float* bias, float* y, const float* residual) {
    __shared__ float parts[WARPS][FEW][PANEL];
    int lane = threadIdx.x % PANEL, warp = threadIdx.x / PANEL;
    i64 panels = (outputs + PANEL - 1) / PANEL, groups = (rows + FEW - 1) / FEW;
    for (i64 i = blockIdx.x; i < panels * groups; i += gridDim.x) {
        i64 first = i % panels * PANEL, row = i / panels * FEW, width = width_of(first, outputs);
        i64 count = rows - row < FEW ? rows - row : FEW;
        float sums[FEW] = {};
        if (lane < width) {
            for (i64 k = warp; k < inputs; k += WARPS) {
                float w = widen(weight[first * inputs + k * width + lane]);
#pragma unroll
                for (int r = 0; r < FEW; r++) {
                    if (r < count) sums[r] += w * x[(row + r) * inputs + k];
                }
            }
        }
#pragma unroll
        for (int r = 0; r < FEW; r++) parts[warp][r][lane] = sums[r];
        __syncthreads();
        // A row for each warp.
        if (warp < count && lane < width) {
            float sum = 0.0f;
            for (int part = 0; part < WARPS; part++) sum += parts[part][warp][lane];
            i64 at = (row + warp) * outputs + first + lane;
            if (bias) sum += bias[first + lane];
            if (residual) sum += residual[at];
            y[at] = activate(code, slope, sum);
        }
        __syncthreads();
    }
}

extern "C" __global__ void pack_linear(i64 outputs, i64 inputs, const float* weight, WEIGHT* packed) {
    EACH(i, outputs * inputs) {
        i64 o = i / inputs, k = i % inputs, first = o / PANEL * PANEL;
        packed[first * inputs + k * width_of(first, outputs) + o - first] = narrow<WEIGHT>(weight[i]);
    }
}
