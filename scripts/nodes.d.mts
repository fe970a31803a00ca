export function nodeProgram(version: string): string;
export function versionOf(program: string): string;
