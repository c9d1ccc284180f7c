import { mount } from "./app";
import { httpSource } from "./source/http";

const element = document.getElementById("classblocks");
if (!element) throw new Error("the page has no element 'classblocks'");
mount(element, httpSource());
