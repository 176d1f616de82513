// A second implementation, of nothing but Node: checks a published log and a proof file.
// node verify.mjs SITE PUBLIC_KEY.pem PROOF.json
import {createHash, createPublicKey, verify} from "node:crypto";
import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";

const [site, keyFile, proofFile] = process.argv.slice(2);
const sha = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leaf = (entry) => sha(Buffer.from([0]), entry);
const node = (left, right) => sha(Buffer.from([1]), left, right);
const fail = (why) => { console.error(why); process.exit(1); };

function openNote(note, key) {
  const [text, block] = note.split(/\n\n(?!.*\n\n)/s);
  const [origin, size, root] = text.split("\n");
  const raw = key.export({format: "der", type: "spki"}).subarray(-32);
  const id = sha(Buffer.from(`${origin}\n`), Buffer.from([1]), raw).subarray(0, 4);
  const signed = block.trimEnd().split("\n").some((line) => {
    const [, name, blob] = line.split(" ");
    const data = Buffer.from(blob, "base64");
    return name === origin && data.subarray(0, 4).equals(id) && verify(null, Buffer.from(text + "\n"), key, data.subarray(4));
  });
  if (!signed) fail("checkpoint is not signed by the key");
  return {origin, size: Number(size), root: Buffer.from(root, "base64")};
}

function mth(leaves) {
  if (leaves.length === 0) return sha(Buffer.alloc(0));
  if (leaves.length === 1) return leaves[0];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return node(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

function tileName(index) {
  let name = String(index % 1000).padStart(3, "0");
  for (index = Math.floor(index / 1000); index > 0; index = Math.floor(index / 1000))
    name = "x" + String(index % 1000).padStart(3, "0") + "/" + name;
  return name;
}

const key = createPublicKey(readFileSync(keyFile));
const head = openNote(readFileSync(join(site, "checkpoint"), "utf8"), key);
const leaves = [];
for (let index = 0; index * 256 < head.size; index++) {
  const width = Math.min(256, head.size - index * 256);
  const whole = join(site, "tile/entries", tileName(index));
  const raw = readFileSync(width < 256 && !existsSync(whole) ? `${whole}.p/${width}` : whole);
  for (let offset = 0, n = 0; n < width; n++) {
    const length = raw.readUInt16BE(offset);
    leaves.push(leaf(raw.subarray(offset + 2, offset + 2 + length)));
    offset += 2 + length;
  }
}
if (!mth(leaves).equals(head.root)) fail("entries do not lead to the checkpoint");

const proof = JSON.parse(readFileSync(proofFile, "utf8"));
const under = openNote(proof.checkpoint, key);
let fn = proof.index, sn = under.size - 1, r = leaf(Buffer.from(proof.entry, "base64"));
for (const text of proof.path) {
  const p = Buffer.from(text, "base64");
  if (sn === 0) fail("path too long");
  if (fn % 2 === 1 || fn === sn) {
    r = node(p, r);
    while (fn % 2 === 0 && fn !== 0) { fn = fn / 2; sn = Math.floor(sn / 2); }
  } else r = node(r, p);
  fn = Math.floor(fn / 2);
  sn = Math.floor(sn / 2);
}
if (sn !== 0 || !r.equals(under.root)) fail("proof does not lead to its checkpoint");
console.log(`${head.origin} ${head.size} entries, entry ${proof.index} proven`);
