// Sums over axes that y does not have. `lanes` threads share an element of y; what they add lies side by side if
// `along`, else elements of y do. With several blocks in y their sums go to `parts`, to be added by `finish`.

const int BLOCK = 256;

extern "C" __global__ void sum(i64 count, int rank, Axes lens, Axes from, Axes to, i64 summed, int summed_rank,
                               Axes summed_lens, Axes summed_from, int lanes, int along, float factor,
                               const ELEMENT* x, OUTPUT* y, double* parts) {
    __shared__ double sums[BLOCK];
    int thread = threadIdx.x, columns = BLOCK / lanes;
    int lane = along ? thread % lanes : thread / columns, column = along ? thread / lanes : thread % columns;
    int next = along ? 1 : columns;
    for (i64 first = (i64)blockIdx.x * columns; first < count; first += (i64)gridDim.x * columns) {
        i64 i = first + column;
        Place<INDEX> places[2] = {};
        double total = 0.0;
        if (i < count) {
            locate((INDEX)i, rank, lens, places, from, to);
            for (i64 j = (i64)blockIdx.y * lanes + lane; j < summed; j += (i64)gridDim.y * lanes) {
                Place<INDEX> place[1] = {};
                locate((INDEX)j, summed_rank, summed_lens, place, summed_from);
                total += x[places[0] + place[0]];
            }
        }
        sums[thread] = total;
        __syncthreads();
        for (int half = lanes / 2; half > 0; half /= 2) {
            if (lane < half) sums[thread] += sums[thread + half * next];
            __syncthreads();
        }
        if (lane == 0 && i < count) {
            if (gridDim.y > 1) {
                parts[(i64)blockIdx.y * count + i] = sums[thread];
            } else {
                y[places[1]] = y[places[1]] + (float)(factor * sums[thread]);
            }
        }
        __syncthreads();
    }
}

extern "C" __global__ void finish(i64 count, int rank, Axes lens, Axes from, Axes to, int blocks, float factor,
                                  const double* parts, OUTPUT* y) {
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, from, to);
        double total = 0.0;
        for (int block = 0; block < blocks; block++) total += parts[block * count + i];
        y[places[1]] = y[places[1]] + (float)(factor * total);
    }
}
