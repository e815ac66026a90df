// SPDX-License-Identifier: MIT

/** An archive of one file, as written by any zip program. */
export async function zipOf(
  name: string,
  content: string,
  deflated: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const raw = new TextEncoder().encode(content);
  const data = deflated
    ? new Uint8Array(
      await new Response(
        new Blob([raw]).stream().pipeThrough(new CompressionStream("deflate-raw")),
      ).arrayBuffer(),
    )
    : raw;
  const label = new TextEncoder().encode(name);
  const bytes = new Uint8Array(30 + 46 + 22 + 2 * label.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(26, label.length, true);
  bytes.set(label, 30);
  bytes.set(data, 30 + label.length);
  const central = 30 + label.length + data.length;
  view.setUint32(central, 0x02014b50, true);
  view.setUint16(central + 10, deflated ? 8 : 0, true);
  view.setUint32(central + 20, data.length, true);
  view.setUint16(central + 28, label.length, true);
  bytes.set(label, central + 46);
  const end = central + 46 + label.length;
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 10, 1, true);
  view.setUint32(end + 16, central, true);
  return bytes;
}
