// Returns the size of the whole page in CSS pixels.
() => {
  const root = document.documentElement;
  const body = document.body;
  return {
    width: Math.max(root ? root.clientWidth : 0, 1),
    height: Math.max(root ? root.scrollHeight : 0, body ? body.scrollHeight : 0, 1),
  };
}
