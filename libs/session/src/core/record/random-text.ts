import { randomFillSync } from 'node:crypto';

const BATCH_BYTES = 4096;

const batch = Buffer.alloc(BATCH_BYTES);
let used = BATCH_BYTES;

/**
 * Returns fresh bytes of a CSPRNG in base64url. They are drawn in batches, because a draw costs more than its bytes. Bytes are
 * overwritten when they are returned, so that the batch holds no secret that is in use.
 */
export function randomText(bytes: number): string {
  if (used + bytes > BATCH_BYTES) {
    randomFillSync(batch);
    used = 0;
  }
  const end = used + bytes;
  const text = batch.toString('base64url', used, end);
  batch.fill(0, used, end);
  used = end;
  return text;
}
