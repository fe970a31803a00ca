declare module 'cluster-key-slot' {
  /** The slot of a key in Redis Cluster. */
  export default function calculateSlot(key: string): number;
}
