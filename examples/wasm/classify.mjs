// Loads the network and has it read a digit of MNIST.
//
//   cargo build --release --target wasm32-unknown-unknown
//   node classify.mjs
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** The network: a function from the 784 grey values of a scan to ten scores. */
export async function load(file) {
  const { instance } = await WebAssembly.instantiate(readFileSync(file));
  const { memory, scan, classify } = instance.exports;
  return (grey) => {
    new Uint8Array(memory.buffer, scan(), 784).set(grey);
    const scores = classify();
    if (scores === 0) throw new Error("an operation failed");
    return [...new Float32Array(memory.buffer, scores, 10)];
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const network = await load(new URL("target/wasm32-unknown-unknown/release/lenet_wasm.wasm", import.meta.url));
  const images = readFileSync(new URL("../microcontroller/digits/images", import.meta.url));
  for (let i = 0; i < 10; i++) {
    const scores = network(images.subarray(784 * i, 784 * (i + 1)));
    console.log(`digit ${i} is a ${scores.indexOf(Math.max(...scores))}`);
  }
  const [calls, start] = [2000, performance.now()];
  for (let i = 0; i < calls; i++) network(images.subarray(0, 784));
  console.log(`${Math.round(((performance.now() - start) / calls) * 1000)} µs each`);
}
