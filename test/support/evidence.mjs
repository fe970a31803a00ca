// Tests name the requirements, advisories and faults that they are evidence for by tags in their titles: `[ASVS 7.1.2]`.

const TAG =
  / ?\[((?:ASVS [\d.]+)|(?:WSTG-SESS-\d+)|(?:CVE-[\d-]+)|(?:GHSA-[\w-]+)|(?:ADV-[\w-]+)|(?:F\d+))\]/g;

/** Returns the tags of a title. */
export function tagsOf(title) {
  return [...title.matchAll(TAG)].map(([, id]) => id);
}

/** Returns a title without its tags. */
export function withoutTags(title) {
  return title.replace(TAG, '');
}
