// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * A pool of threads that run jobs, each in the context of the task that submitted it.
 *
 * This is all it takes to carry tasks across a pool: submit() remembers the current context, the
 * worker makes it current around the job. The jobs themselves need not know.
 */
#ifndef EXAMPLE_CXX_POOL_H
#define EXAMPLE_CXX_POOL_H

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <weft/trace.h>

namespace fractal
{

class pool
{
      public:
	explicit pool(unsigned int thread_count)
	{
		try {
			for (unsigned int i = 0; i < thread_count; i++) {
				threads_.emplace_back([this] { work(); });
			}
		} catch (...) {
			close(); /* Those that did start: nobody destroys half a pool. */
			throw;
		}
	}
	pool(const pool &) = delete;
	pool &operator=(const pool &) = delete;

	/** Runs what was submitted, then ends the threads. */
	~pool()
	{
		close();
	}

	/** Runs `job()` on a thread of the pool; the future has its result or its exception. */
	template <typename Job>
	auto submit(Job job) -> std::future<std::invoke_result_t<Job>>
	{
		using result = std::invoke_result_t<Job>;
		auto promised = std::make_shared<std::packaged_task<result()>>(std::move(job));
		auto future = promised->get_future();

		{
			const std::lock_guard<std::mutex> guard(lock_);
			jobs_.push_back({weft_context_current(), [promised] { (*promised)(); }});
		}
		change_.notify_one();
		return future;
	}

      private:
	struct entry {
		weft_context context;
		std::function<void()> run;
	};

	void close()
	{
		{
			const std::lock_guard<std::mutex> guard(lock_);
			closed_ = true;
		}
		change_.notify_all();
		for (std::thread &thread : threads_) {
			thread.join();
		}
	}

	void work()
	{
		weft_thread_set_name("pool");
		for (;;) {
			std::unique_lock<std::mutex> guard(lock_);

			change_.wait(guard, [this] { return closed_ || !jobs_.empty(); });
			if (jobs_.empty()) {
				return;
			}
			entry next = std::move(jobs_.front());
			jobs_.pop_front();
			guard.unlock();

			const weft::scoped_context scope(next.context);
			next.run();
		}
	}

	std::mutex lock_; /* Guards jobs_ and closed_. */
	std::condition_variable change_;
	std::deque<entry> jobs_;
	bool closed_ = false;
	std::vector<std::thread> threads_;
};

} // namespace fractal

#endif
