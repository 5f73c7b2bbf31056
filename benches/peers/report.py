"""Tables of what was measured."""

import work

ORDER = ["PyTorch", "onnxruntime", "tract", "burn", "OpenBLAS", "gemm", "faer", "nano-gemm", "matrixmultiply"]
# The peers whose package has another name.
PACKAGES = {"torch": "PyTorch", "numpy": "OpenBLAS", "tract-onnx": "tract"}
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"


def show(times, limit):
    """One workload on the terminal."""
    ours = times.get("castiron")
    for peer, time in sorted(times.items(), key=lambda item: item[1]["best"]):
        ratio = f"{time['best'] / ours['best']:6.2f} × castiron" if ours else ""
        print(
            f"  {peer:16}{time['best'] / 1e3:12.3f} µs, median {time['median'] / 1e3:12.3f}{ratio:>20}"
            f"{limit / time['best']:8.0%} of the limit, result {time['error'] or 0:.0e} off"
        )


def write(path, results, known):
    """Replaces what is between the two marks of a Markdown file."""
    text = path.read_text()
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    path.write_text(before + "\n".join(tables(results, known)) + "\n" + after)


def tables(results, known):
    measured = {peer for times in results["times"].values() for peer in times}
    versions = [
        f"{name} {version}"
        for name, version in results["versions"].items()
        if name == "rustc" or PACKAGES.get(name, name) in measured
    ]
    how = f"on {results['date']} by `run.py`, {results['turns']} for each peer"
    yield f"\nMeasured {how}. {results['machine']}; {', '.join(versions)}.\n"
    for threads, limits in sorted(results["limits"].items()):
        yield f"The limit of {spell(threads)}: {limits['flops'] / 1e9:.0f} GFLOP/s;"
        moved = [f"{speed / 1e9:.0f} GB/s of {size >> 10} KiB" for size, speed in limits["bandwidth"]]
        yield f"moving {', '.join(moved)}.\n"
    for title, names in [("Models", work.INFERENCE + work.TRAINING), ("Products", work.PRODUCTS), ("Passes over memory", work.PASSES)]:
        for threads in sorted(results["limits"]):
            yield from workloads(f"{title}, {spell(threads)}", names, threads, results, known)
    yield from convolutions(results, known)
    yield from memory(results)


def workloads(title, names, threads, results, known):
    rows = {name: results["times"].get(f"{name} {threads}") for name in names}
    rows = {name: times for name, times in rows.items() if times and "castiron" in times}
    peers = [peer for peer in ORDER if any(peer in times for times in rows.values())]
    if not rows:
        return
    yield f"\n**{title}** (µs)\n"
    yield from head(["", "limit", "castiron", "of the limit", "faster than the best", "by medians", *peers])
    for name, times in rows.items():
        limit = work.limit(name, known, results["limits"][threads])
        others = [time for peer, time in times.items() if peer != "castiron"]
        ours = times["castiron"]
        ratios = [f"{min(o[kind] for o in others) / ours[kind]:.2f}" if others else "" for kind in ("best", "median")]
        cells = [micros(times[peer]["best"]) if peer in times else "" for peer in peers]
        part = f"{limit / ours['best']:.0%}"
        yield row([work.title(name), micros(limit), micros(ours["best"]), part, *ratios, *cells])


def convolutions(results, known):
    """Sums over the layers of networks."""
    rows = []
    for threads in sorted(results["limits"]):
        for network, direction, counts in work.convolutions(known):
            layers = [(results["times"].get(f"{name} {threads}"), count) for name, count in counts]
            if any(not times or "castiron" not in times or "PyTorch" not in times for times, _ in layers):
                continue
            sums = {
                peer: sum(times[peer]["best"] * count for times, count in layers)
                for peer in ("castiron", "PyTorch", "onnxruntime")
                if all(peer in times for times, _ in layers)
            }
            limit = sum(work.limit(name, known, results["limits"][threads]) * count for name, count in counts)
            best = min(time for peer, time in sums.items() if peer != "castiron")
            cells = [micros(sums[peer]) if peer in sums else "" for peer in ("castiron", "PyTorch", "onnxruntime")]
            rows.append([network, direction, threads, micros(limit), *cells, f"{best / sums['castiron']:.2f}"])
    if rows:
        yield "\n**Convolutions, one by one, summed over a network** (µs)\n"
        columns = ["", "", "threads", "limit", "castiron", "PyTorch", "onnxruntime", "faster than the best"]
        yield from head(columns)
        yield from map(row, rows)


def memory(results):
    rows = [
        [work.title(name), peer, f"{found['allocations']}", megabytes(found["allocated"]), megabytes(found["growth"])]
        for name, peers in results["memory"].items()
        for peer, found in sorted(peers.items(), reverse=True)
        if found
    ]
    if rows:
        yield "\n**Memory of a step** (MB of 10⁶ bytes; PyTorch's allocations are those of tensors)\n"
        yield from head(["", "", "allocations", "allocated", "growth of the process"])
        yield from map(row, rows)


def spell(threads):
    return f"{threads} thread{'' if threads == '1' else 's'}"


def head(columns):
    yield row(columns)
    yield "|" + "---|" * len(columns)


def row(cells):
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def micros(nanoseconds):
    """Three digits of microseconds."""
    digits = f"{nanoseconds / 1e3:.3g}"
    return f"{float(digits):,.0f}" if "e" in digits or float(digits) >= 100 else digits


def megabytes(bytes):
    return f"{bytes / 1e6:.2f}"
