// ACTIVATION of WIDTH elements at a time.

typedef Pack<ELEMENT, WIDTH> Elements;

extern "C" __global__ void activation(float slope, i64 count, const Elements* x, Elements* y) {
    EACH(i, count) {
        Elements in = x[i], out;
        for (int k = 0; k < WIDTH; k++) out.at[k] = activate(ACTIVATION, slope, in.at[k]);
        y[i] = out;
    }
}

// `kept` is y where the derivative follows from it, else x.
extern "C" __global__ void activation_backward(float slope, i64 count, const Elements* kept, const Elements* dy,
                                               Elements* dx) {
    EACH(i, count) {
        Elements of = kept[i], gradient = dy[i], out;
        for (int k = 0; k < WIDTH; k++)
            out.at[k] = gradient.at[k] * derivative(ACTIVATION, slope, of.at[k], of.at[k]);
        dx[i] = out;
    }
}
