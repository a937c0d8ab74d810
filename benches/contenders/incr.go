// The same service in Go, net/http and redigo: one INCR per request.
//
// Usage: incr PORT REDIS_ADDRESS. Go and redigo are Debian's golang-go and
// golang-github-gomodule-redigo-dev.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gomodule/redigo/redis"
)

func main() {
	pool := &redis.Pool{
		MaxIdle: 64,
		Dial:    func() (redis.Conn, error) { return redis.Dial("tcp", os.Args[2]) },
	}
	http.HandleFunc("/hit/", func(w http.ResponseWriter, r *http.Request) {
		connection := pool.Get()
		defer connection.Close()
		total, err := redis.Int64(connection.Do("INCR", r.URL.Path[len("/hit/"):]))
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"value":%d}`, total)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
