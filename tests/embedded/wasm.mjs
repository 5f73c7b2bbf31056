// The network in WebAssembly gives PyTorch's logits, and has no code that panics.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "../../examples/wasm/classify.mjs";

const program = `${process.env.CARGO_TARGET_DIR}/wasm32-unknown-unknown/release/lenet_wasm.wasm`;
const read = (path) => readFileSync(new URL(path, import.meta.url));

test("logits are PyTorch's", async () => {
  const network = await load(program);
  const images = read("../../examples/microcontroller/digits/images");
  const { logits } = JSON.parse(read("../fixtures/microcontroller.json"));
  logits.forEach((want, i) => {
    const got = network(images.subarray(784 * i, 784 * (i + 1)));
    got.forEach((score, c) => assert(Math.abs(score - want[c]) < 1e-4, `digit ${i}: ${got} and not ${want}`));
  });
});

test("nothing can panic", () => {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(readFileSync(program)), "name");
  const names = Buffer.from(section).toString("latin1");
  assert.match(names, /castiron_kernels/);
  assert.doesNotMatch(names, /panicking|begin_unwind/);
});

test("two instances do not meet", async () => {
  const [a, b] = [await load(program), await load(program)];
  const blank = new Uint8Array(784);
  const first = a(blank);
  b(blank.fill(255));
  assert.deepStrictEqual(a(new Uint8Array(784)), first);
});
