/** Remember the last result of a function; it is made again when an argument is another object or value. */
export function memoLast<Args extends readonly unknown[], Result>(
  make: (...args: Args) => Result,
): (...args: Args) => Result {
  let last: { readonly args: Args; readonly result: Result } | null = null;
  return (...args) => {
    if (last === null || args.some((arg, i) => !Object.is(arg, last?.args[i]))) {
      last = { args, result: make(...args) };
    }
    return last.result;
  };
}
