// The images in a participant's page: gzipped NIfTI-1, base64.
import { gunzipSync, gzipSync } from 'node:zlib';

export function openNifti(base64) {
  const bytes = gunzipSync(Buffer.from(base64, 'base64'));
  const dims = [1, 2, 3].map((n) => bytes.readInt16LE(40 + 2 * n));
  const type = bytes.readInt16LE(70);
  const start = bytes.readFloatLE(108);
  const slope = bytes.readFloatLE(112) || 1;
  // World x (to the person's right in NIfTI) of a voxel, from the sform.
  const row = [0, 1, 2, 3].map((n) => bytes.readFloatLE(280 + 4 * n));
  const size = dims[0] * dims[1] * dims[2];
  const values =
    type === 4
      ? new Int16Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + start + 2 * size))
      : bytes.subarray(start, start + size);
  return { bytes, dims, type, start, slope, row, values };
}

// The world's x of the n-th voxel in mm; grows to the person's right.
export function rightOf({ dims, row }, n) {
  const [i, j, k] = [n % dims[0], Math.floor(n / dims[0]) % dims[1], Math.floor(n / (dims[0] * dims[1]))];
  return row[0] * i + row[1] * j + row[2] * k + row[3];
}

// The same image with other values (in its own units) as base64.
export function withValues(nifti, valueAt) {
  const bytes = Buffer.from(nifti.bytes);
  for (let n = 0; n < nifti.values.length; ++n) {
    const stored = Math.round(valueAt(n) / nifti.slope);
    if (nifti.type === 4) bytes.writeInt16LE(stored, nifti.start + 2 * n);
    else bytes.writeUInt8(stored, nifti.start + n);
  }
  return gzipSync(bytes).toString('base64');
}
