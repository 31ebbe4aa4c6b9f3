import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Apache Kafka's own transactional producer, told by lines what to do; answers each with a line. */
public class TransactionalProducer {
  public static void main(String[] given) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", given[0]);
    properties.put("transactional.id", given[1]);
    properties.put("transaction.timeout.ms", given[2]);
    var producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    System.out.println("ready");
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ", 4);
      String answer = words[0];
      switch (words[0]) {
        case "begin" -> producer.beginTransaction();
        case "send" -> answer = Long.toString(
            producer.send(new ProducerRecord<>(words[1], words[2], words[3])).get().offset());
        case "commit" -> producer.commitTransaction();
        case "abort" -> producer.abortTransaction();
        default -> throw new IllegalArgumentException(line);
      }
      System.out.println(answer);
    }
    Runtime.getRuntime().halt(0);  // no abort on the way out
  }
}
