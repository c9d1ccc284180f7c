import { mount } from "./app";
import { httpSource } from "./source/http";

declare global {
  interface Window {
    /** For pages that embed the app, and for tests: the app of this page, and a way to mount another one. */
    classblocks: {
      readonly app: ReturnType<typeof mount>;
      mount(element: HTMLElement): ReturnType<typeof mount>;
    };
  }
}

const element = document.getElementById("classblocks");
if (!element) throw new Error("the page has no element 'classblocks'");
window.classblocks = {
  app: mount(element, httpSource()),
  mount: (other) => mount(other, httpSource()),
};
