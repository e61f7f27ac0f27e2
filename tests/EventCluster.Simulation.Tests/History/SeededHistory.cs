using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.Simulation.Tests.History;

/// <summary>
/// A correct run in miniature: producers with retries and lost answers, readers that lag, a trim, a fork. Its entries
/// are a good history; tests then damage them.
/// </summary>
internal sealed class SeededHistory
{
    public const string Stream = "s";
    public const string Fork = "fork";

    private readonly Random _random;
    private readonly HistoryRecorder _recorder = new();
    private readonly List<string> _log = [];
    private readonly Dictionary<string, int> _readers = [];
    private readonly Dictionary<string, long> _numbers = [];

    private SeededHistory(int seed)
    {
        _random = new Random(seed);
    }

    public static List<HistoryEntry> Create(int seed)
    {
        var history = new SeededHistory(seed);
        history.Run();
        return [.. history._recorder.Entries];
    }

    private void Run()
    {
        for (var step = 0; step < 60; step++)
        {
            if (_random.Next(3) > 0)
            {
                Send($"p{_random.Next(3)}");
            }
            else
            {
                Read($"r{_random.Next(4)}", _random.Next(1, 6));
            }
        }

        var trimmed = _log.Count / 4;
        _recorder.Trim(Stream, At(trimmed));
        Branch(_log.Count / 2);
        Send("p0");
        foreach (var reader in _readers.Keys.Order(StringComparer.Ordinal).ToArray())
        {
            Read(reader, int.MaxValue);
        }

        _recorder.Start(Stream, "final", At(trimmed));
        _readers["final"] = trimmed;
        Read("final", int.MaxValue);
        _recorder.Final(Stream, "final");
    }

    private static StreamOffset At(long sequence, long incarnation = 1) => new(incarnation, sequence);

    private void Send(string producer)
    {
        var number = _numbers[producer] = _numbers.GetValueOrDefault(producer, -1) + 1;
        var payloads = Enumerable.Range(0, _random.Next(1, 4)).Select(i => $"{producer}-{number}-{i}").ToArray();
        _recorder.Attempt(Stream, producer, number, payloads);
        switch (_random.Next(5))
        {
            case 0:
                _recorder.Refuse(Stream, producer, number);
                return;
            case 1:
                _log.AddRange(payloads);
                _recorder.Attempt(Stream, producer, number, payloads);
                _recorder.Acknowledge(Stream, producer, number, next: null);
                return;
            case 2 when _random.Next(2) == 0:
                return;
            default:
                _log.AddRange(payloads);
                _recorder.Acknowledge(Stream, producer, number, At(_log.Count));
                return;
        }
    }

    private void Read(string reader, int events)
    {
        if (!_readers.TryGetValue(reader, out var position))
        {
            _recorder.Start(Stream, reader, At(0));
        }

        for (var i = 0; i < events && position < _log.Count; i++)
        {
            position++;
            _recorder.Observe(Stream, reader, At(position), _log[position - 1]);
        }

        _readers[reader] = position;
    }

    private void Branch(int point)
    {
        _recorder.Fork(Fork, Stream, At(point));
        _recorder.Attempt(Fork, "f", 0, ["f-0-0", "f-0-1"]);
        _recorder.Acknowledge(Fork, "f", 0, At(point + 2, incarnation: 2));
        _recorder.Start(Fork, "final", At(0));
        for (var i = 1; i <= point; i++)
        {
            _recorder.Observe(Fork, "final", At(i), _log[i - 1]);
        }

        _recorder.Observe(Fork, "final", At(point + 1, incarnation: 2), "f-0-0");
        _recorder.Observe(Fork, "final", At(point + 2, incarnation: 2), "f-0-1");
        _recorder.Final(Fork, "final");
    }
}
