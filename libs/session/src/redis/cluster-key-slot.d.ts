declare module 'cluster-key-slot' {
  /** Returns the slot of a key in Redis Cluster. */
  export default function calculateSlot(key: string): number;
}
