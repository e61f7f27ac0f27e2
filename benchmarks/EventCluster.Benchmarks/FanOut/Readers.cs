using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>Connected readers of a workload.</summary>
public static class Readers
{
    private const int ConnectingAtOnce = 32;
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    /// <summary>Connects readers and lets them run.</summary>
    public static async Task<LiveReader[]> ConnectAsync(Subject subject, int count, Func<int, LiveReader> create)
    {
        BenchmarkContext.Progress($"connecting {count} readers to {subject.Name}");
        var readers = Enumerable.Range(0, count).Select(create).ToArray();
        for (var first = 0; first < count; first += ConnectingAtOnce)
        {
            await Task.WhenAll(readers.Skip(first).Take(ConnectingAtOnce).Select(reader => reader.ConnectAsync(subject.EndPoint)));
        }

        foreach (var reader in readers)
        {
            _ = reader.RunAsync();
        }

        return readers;
    }

    /// <summary>Waits until every reader has a number of events, and ends it.</summary>
    public static async Task CompleteAsync(LiveReader[] readers, Func<int, long> events)
    {
        await ArriveAsync(readers, events);
        Array.ForEach(readers, reader => reader.Dispose());
    }

    /// <summary>Waits until every reader has a number of events.</summary>
    public static async Task ArriveAsync(LiveReader[] readers, Func<int, long> events)
    {
        var started = Stopwatch.GetTimestamp();
        while (readers.Where((reader, i) => reader.Count != events(i)).Any())
        {
            var fault = Array.Find(readers, reader => reader.Fault is not null)?.Fault;
            if (fault is not null || Stopwatch.GetElapsedTime(started) > HangGuard)
            {
                throw new InvalidDataException(
                    $"{readers.Where((reader, i) => reader.Count != events(i)).Count()} readers have not all of {events(0)} events; they have "
                    + string.Join(' ', readers.Where((reader, i) => reader.Count != events(i)).Take(20).Select(reader => reader.Count)), fault);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }
}
