"""The app leaves nothing behind: mounted and destroyed a hundred times in a real Chromium."""

import pytest

pytestmark = pytest.mark.browser

WATCH = """
(() => {
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const listeners = new Map();
    const lasting = (target) => !(target instanceof Node) || target === document;
    const key = (type, options) =>
        `${type} ${typeof options === 'object' ? !!options?.capture : !!options}`;
    const forget = (target, type, listener, options) => {
        const of = listeners.get(target);
        const types = of?.get(listener);
        types?.delete(key(type, options));
        if (types?.size === 0) of.delete(listener);
    };
    EventTarget.prototype.addEventListener = function (type, listener, options) {
        const target = this ?? window;
        const gone = options?.signal?.aborted;
        if (lasting(target) && listener && !gone && !(target instanceof AbortSignal)) {
            if (!listeners.has(target)) listeners.set(target, new Map());
            const of = listeners.get(target);
            if (!of.has(listener)) of.set(listener, new Set());
            of.get(listener).add(key(type, options));
            const drop = () => forget(target, type, listener, options);
            if (options?.signal) addEventListener.call(options.signal, 'abort', drop);
        }
        return addEventListener.call(target, type, listener, options);
    };
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
        forget(this ?? window, type, listener, options);
        return removeEventListener.call(this ?? window, type, listener, options);
    };

    const timers = new Set();
    for (const [set, clear, repeats] of [
        ['setTimeout', 'clearTimeout', false],
        ['setInterval', 'clearInterval', true],
        ['requestAnimationFrame', 'cancelAnimationFrame', false],
        ['requestIdleCallback', 'cancelIdleCallback', false],
    ]) {
        const [start, stop] = [window[set], window[clear]];
        window[set] = (call, ...rest) => {
            const id = start.call(window, (...args) => {
                if (!repeats) timers.delete(`${set} ${id}`);
                call(...args);
            }, ...rest);
            timers.add(`${set} ${id}`);
            return id;
        };
        window[clear] = (id) => {
            timers.delete(`${set} ${id}`);
            stop.call(window, id);
        };
    }

    const observed = new Map();
    for (const name of ['ResizeObserver', 'IntersectionObserver', 'MutationObserver']) {
        const { observe, unobserve, disconnect } = window[name].prototype;
        window[name].prototype.observe = function (target, ...rest) {
            if (!observed.has(this)) observed.set(this, new Set());
            observed.get(this).add(target);
            return observe.call(this, target, ...rest);
        };
        window[name].prototype.disconnect = function () {
            observed.delete(this);
            return disconnect.call(this);
        };
        if (!unobserve) continue;
        window[name].prototype.unobserve = function (target) {
            observed.get(this)?.delete(target);
            return unobserve.call(this, target);
        };
    }

    const urls = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
        const url = createObjectURL.call(URL, blob);
        urls.add(url);
        return url;
    };
    URL.revokeObjectURL = (url) => {
        urls.delete(url);
        revokeObjectURL.call(URL, url);
    };

    window.left = () => {
        const names = [];
        for (const [target, byListener] of listeners) {
            for (const types of byListener.values()) {
                for (const type of types) names.push(`${target.constructor.name} ${type}`);
            }
        }
        return {
            listeners: names.sort(),
            timers: [...timers],
            observed: [...observed].flatMap(([one, targets]) =>
                [...targets].map((target) => `${one.constructor.name} ${target.nodeName}`),
            ),
            urls: urls.size,
            canvases: document.querySelectorAll('canvas').length,
            children: document.getElementById('classblocks').childElementCount,
        };
    };
})()
"""

CYCLE = """
async ([times, tabs]) => {
    const element = document.getElementById('classblocks');
    const shown = () => element.dataset.ready === 'true' && element.querySelector('canvas');
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    for (let i = 0; i < times; i++) {
        delete element.dataset.ready;
        location.hash = tabs[i % tabs.length];
        const app = window.classblocks.mount(element);
        // Most are destroyed in the middle of loading, some at once, some when all is drawn.
        if (i % 5 === 0) while (!shown()) await pause(5);
        else if (i % 5 === 1) await pause(20 * (i % 7));
        app.destroy();
    }
    await pause(400);
}
"""

TABS = ["", "tab=responses&layer=conv", "sel=fn:1&topk=1", "sel=top:3:conv"]


def test_nothing_is_left_of_a_hundred_mounts(chromium, url):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_selector("#classblocks[data-ready=true]")
    page.evaluate("window.classblocks.app.destroy()")
    devtools = context.new_cdp_session(page)

    def memory():
        devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        return heap, devtools.send("Memory.getDOMCounters")

    page.evaluate(CYCLE, [20, TABS])
    before = page.evaluate("window.left()")
    assert before["canvases"] == before["children"] == before["urls"] == 0
    assert before["timers"] == []
    # The test driver watches the document itself.
    assert set(before["observed"]) <= {"MutationObserver #document"}
    heap_before, dom_before = memory()
    page.evaluate(CYCLE, [80, TABS])
    assert page.evaluate("window.left()") == before
    heap, dom = memory()
    assert dom["nodes"] <= dom_before["nodes"] + 50
    assert dom["jsEventListeners"] <= dom_before["jsEventListeners"] + 5
    assert heap <= heap_before + 2_000_000
    assert errors == []
    context.close()
