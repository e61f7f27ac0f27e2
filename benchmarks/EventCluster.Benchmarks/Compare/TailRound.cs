using System.Diagnostics;
using System.Text;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>What it costs to ask an idle stream where its tail is: HEAD, and GET at the tail, one at a time on one connection.</summary>
public static class TailRound
{
    private const string Stream = "tail";
    private const int Events = 10;

    /// <summary>One round.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject)
    {
        await subject.CreateAsync(Stream);
        var tail = "";
        for (var i = 0; i < Events; i++)
        {
            tail = await subject.AppendAsync(Stream, i);
        }

        using var socket = await LoadSocket.ConnectAsync(subject.EndPoint);
        return
        [
            .. await AskAsync(context, subject, socket, "HEAD", "", tail),
            .. await AskAsync(context, subject, socket, "GET", $"?offset={tail}", tail),
        ];
    }

    private static async Task<IReadOnlyList<Figure>> AskAsync(
        BenchmarkContext context, Subject subject, LoadSocket socket, string method, string query, string tail)
    {
        var request = Encoding.ASCII.GetBytes(
            $"{method} {subject.Url(Stream).AbsolutePath}{query} HTTP/1.1\r\nHost: {subject.EndPoint}\r\n\r\n");
        var buffer = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
        await ForAsync(context.Settings.WarmUp / 2, null);
        var latencies = new LatencyHistogram();
        var usage = new Usage(subject.Processes);
        await ForAsync(context.Settings.Round / 2, latencies);
        var used = usage.Stop(latencies.Count);
        return
        [
            .. latencies.Figures("ms").Select(figure => figure with { Name = $"{method} {figure.Name}" }),
            new($"{method} server us", used.MicrosecondsEach),
        ];

        async Task ForAsync(TimeSpan time, LatencyHistogram? measured)
        {
            var began = Stopwatch.GetTimestamp();
            do
            {
                var sent = Stopwatch.GetTimestamp();
                await socket.SendAsync(request);
                var filled = 0;
                while (!IsWhole(buffer.AsSpan(0, filled), method == "GET"))
                {
                    var received = await socket.ReceiveAsync(buffer.AsMemory(filled));
                    filled += received > 0 ? received : throw new InvalidDataException("The server closed the connection.");
                }

                measured?.Record(Stopwatch.GetTimestamp() - sent);
                Check(buffer.AsSpan(0, filled));
            }
            while (Stopwatch.GetElapsedTime(began) < time);
        }

        void Check(ReadOnlySpan<byte> answer)
        {
            if (!answer.StartsWith("HTTP/1.1 20"u8) || HttpAnswer.Next(answer) != tail)
            {
                throw new InvalidDataException($"Not an answer with the tail {tail}: {Encoding.ASCII.GetString(answer)}");
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer, bool hasBody)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        return end >= 0 && answer.Length >= end + 4 + (hasBody ? Math.Max(0, HttpAnswer.ContentLength(answer)) : 0);
    }
}
