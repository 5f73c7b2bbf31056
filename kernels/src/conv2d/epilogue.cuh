// What becomes of the sum of a convolution.
struct Epilogue {
    const ELEMENT *bias, *residual;
    ELEMENT *y, *kept;
    float slope;
    int code;
    // `channel` counts through all groups.
    __device__ void put(Index at, Index channel, float value) const {
        if (bias) value += bias[channel];
        if (residual) value += residual[at];
        if (kept) kept[at] = value;
        y[at] = activate(code, slope, value);
    }
};

#define EPILOGUE const ELEMENT *bias, const ELEMENT *residual, ELEMENT *y, ELEMENT *kept, float slope, int code
#define THE_EPILOGUE Epilogue{bias, residual, y, kept, slope, code}
