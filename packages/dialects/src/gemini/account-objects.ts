import { NamedObjects } from '../json/named-objects.ts';

/** What a request can name of its project: caches, files and stores of files. The wire's parser takes both spellings. */
export const GEMINI_OBJECTS: NamedObjects = new NamedObjects({
  rules: [
    ...both('cachedContent').map((name) => ({ name })),
    ...both('fileUri').map((name) => ({ name, value: isAccountFile })),
    ...both('fileSearchStoreNames').map((name) => ({ name })),
  ],
  free: ['args', 'response', 'parameters', 'parametersJsonSchema', 'responseSchema', 'responseJsonSchema']
    .flatMap(both)
    .map((name) => [name]),
});

function both(camel: string): string[] {
  const snake = camel.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return snake === camel ? [camel] : [camel, snake];
}

/** Uploads, and what `gs:` names, are read with the rights of the key's project; pages of the web as anybody could. */
function isAccountFile(uri: string): boolean {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    // A bare name, `files/abc`.
    return uri !== '';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return true;
  const host = url.hostname.replace(/\.+$/, '');
  return host !== 'storage.googleapis.com' && /(^|\.)googleapis\.com$/.test(host);
}
