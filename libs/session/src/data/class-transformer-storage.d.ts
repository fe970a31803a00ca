// class-transformer's storage of its decorators' metadata. The package has no types at this path.
declare module 'class-transformer/cjs/storage.js' {
  interface TypeMetadata {
    readonly typeFunction?: (options?: object) => unknown;
    readonly options?: {
      readonly discriminator?: { readonly subTypes: readonly { readonly value: unknown }[] };
    };
  }

  export const defaultMetadataStorage: {
    findTypeMetadata(target: object, property: string): TypeMetadata | undefined;
    /** @param transformation 0: from a plain object to an instance */
    findTransformMetadatas(target: object, property: string, transformation: number): readonly unknown[];
  };
}
